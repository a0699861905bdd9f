"""A back office: sign-in with roles, orders, reports, import and audit trail.

Serve it alone with ``pyview dev examples.back_office.app:app``. The users are ada, grace and alan.
"""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware

from examples.back_office.audit import AuditLiveView
from examples.back_office.data import database, pubsub
from examples.back_office.orders import OrdersLiveView
from examples.back_office.orders_import import ImportLiveView
from examples.back_office.reports import ReportsLiveView
from examples.back_office.sign_in import Accounts, SignInLiveView
from pyview import PyView, defaultRootTemplate

SECRET = os.environ.get("SESSION_SECRET") or secrets.token_urlsafe(32)


@asynccontextmanager
async def lifespan(app: PyView) -> AsyncIterator[None]:
    async with database():
        yield


app = PyView(lifespan=lifespan, pubsub=pubsub)
app.rootTemplate = defaultRootTemplate(title="Back office")
app.add_middleware(
    SessionMiddleware, secret_key=SECRET, session_cookie="back_office", https_only=app.production
)
app.add_middleware(AuthenticationMiddleware, backend=Accounts())
app.add_live_view("/sign-in", SignInLiveView, name="sign-in")
app.add_live_view("/", OrdersLiveView)
app.add_live_view("/reports", ReportsLiveView)
app.add_live_view("/import", ImportLiveView)
app.add_live_view("/audit", AuditLiveView)
