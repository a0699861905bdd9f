"""Accounts in a database: ``pyview dev examples.auth_db.app:app``.

Every page requires a sign-in unless it is ``@public``. ``DATABASE_URL`` names a database (the default is a temporary
file of the process), ``SESSION_SECRET`` signs the cookies.
"""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware

from examples.auth_db.authentication import DeviceAuth
from examples.auth_db.confirm import ConfirmLiveView
from examples.auth_db.devices import SESSION_SECONDS
from examples.auth_db.password import PasswordLiveView
from examples.auth_db.register import RegisterLiveView
from examples.auth_db.services import devices, pubsub, revocations, running
from examples.auth_db.sign_in import SignInLiveView
from examples.auth_db.user_list import UserListLiveView
from examples.auth_db.your_devices import YourDevicesLiveView
from examples.page import assets, page
from pyview import PyView
from pyview.auth import requires

SESSION_SECRET = os.environ.get("SESSION_SECRET") or secrets.token_urlsafe(32)
SESSION_COOKIE = "accounts_session"


@asynccontextmanager
async def lifespan(app: PyView) -> AsyncIterator[None]:
    async with running():
        yield


app = PyView(
    lifespan=lifespan,
    pubsub=pubsub,
    revocations=revocations,
    default_requires=requires("authenticated", redirect="/"),
)
app.rootTemplate = page("Accounts")
app.mount("/assets", assets)
app.add_middleware(
    SessionMiddleware,
    secret_key=SESSION_SECRET,
    session_cookie=SESSION_COOKIE,
    max_age=SESSION_SECONDS,
    https_only=app.production,
)
app.add_middleware(AuthenticationMiddleware, backend=DeviceAuth(devices))

app.add_live_view("/", SignInLiveView)
app.add_live_view("/register", RegisterLiveView)
app.add_live_view("/devices", YourDevicesLiveView)
app.add_live_view("/password", PasswordLiveView)
app.add_live_view("/confirm", ConfirmLiveView)
app.add_live_view("/users", UserListLiveView)
