"""Objects that all pages share, created once per process."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from examples.auth_db.database import Database
from examples.auth_db.devices import Devices
from examples.auth_db.login import Login
from examples.auth_db.passwords import Passwords
from examples.auth_db.users import Users
from pyview.auth.throttle import LoginThrottle
from pyview.pubsub.memory import MemoryPubSub
from pyview.stores.from_environment import revocations_from_environment

DEMO_PASSWORD = "open sesame"
DEMO_ACCOUNTS = {"admin": "admin", "helper": "support"}

pubsub = MemoryPubSub()
revocations = revocations_from_environment(os.environ)
database = Database(os.environ.get("DATABASE_URL"))
passwords = Passwords()
users = Users(database, passwords, pubsub)
devices = Devices(database, revocations, pubsub)
login = Login(users, LoginThrottle())
demo_hash = passwords.hash(DEMO_PASSWORD)


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    async with database.open():
        # Never in a permanent database: this password is public.
        if database.temporary:
            for name, role in DEMO_ACCOUNTS.items():
                await users.seed(name, demo_hash, role)
        yield
