"""Sign in with an OpenID provider: ``pyview dev examples.auth_oauth.app:app``.

``OPENID_ISSUER`` names the provider. Without it, the example serves a toy provider below ``/openid``, which
accepts any name, so it is only for trying things out.
"""

import os
import secrets

from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Mount, Route

from examples.auth_oauth.profile import ProfileLiveView
from examples.auth_oauth.provider import provider
from examples.auth_oauth.sign_in import SessionAuth, SignIn
from examples.page import assets, page
from pyview import PyView

CLIENT_ID, CLIENT_SECRET = "pyview-example", os.environ.get("OPENID_CLIENT_SECRET", "example-client-secret")

app = PyView()
app.rootTemplate = page("Profile")
app.add_middleware(
    SessionMiddleware,
    secret_key=os.environ.get("SESSION_SECRET") or secrets.token_urlsafe(32),
    session_cookie="oauth_session",
)
app.add_middleware(AuthenticationMiddleware, backend=SessionAuth())

sign_in = SignIn(CLIENT_ID, CLIENT_SECRET, os.environ.get("OPENID_ISSUER"))
app.routes.append(Route("/login", sign_in.start, name="sign_in"))
app.routes.append(Route("/callback", sign_in.finish))
app.routes.append(Route("/logout", sign_in.leave, methods=["POST"]))
app.routes.append(Mount("/openid", provider(CLIENT_ID, CLIENT_SECRET)))
app.mount("/assets", assets)
app.add_live_view("/", ProfileLiveView)
