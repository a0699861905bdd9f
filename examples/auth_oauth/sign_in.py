"""Routes to the provider and back. Authlib keeps state, nonce and the PKCE verifier in the session."""

from typing import Any

from authlib.integrations.starlette_client import OAuth, OAuthError
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from pyview.auth import login, logout, safe_next


class SessionAuth(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        subject = conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(subject)) if subject else None


class SignIn:
    """Routes for sign-in and sign-out. ``issuer`` is the provider's URL; None for the provider of this example."""

    def __init__(self, client_id: str, client_secret: str, issuer: str | None) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.issuer = issuer

    async def start(self, request: Request) -> Response:
        request.session["next"] = safe_next(request.query_params.get("next"), home(request))
        client = self.client(request)
        response: Response = await client.authorize_redirect(request, f"{base_url(request)}callback")
        return response

    async def finish(self, request: Request) -> Response:
        try:
            token = await self.client(request).authorize_access_token(request)
        except OAuthError as error:
            return PlainTextResponse(f"The sign-in failed: {error.error}", status_code=400)
        userinfo = token["userinfo"]
        target = request.session.pop("next", home(request))
        login(request, userinfo["sub"], name=userinfo.get("name", userinfo["sub"]))
        return RedirectResponse(target, status_code=303)

    async def leave(self, request: Request) -> Response:
        logout(request)
        return RedirectResponse(home(request), status_code=303)

    def client(self, request: Request) -> Any:
        issuer = self.issuer or f"{base_url(request)}openid"
        return OAuth().register(
            "provider",
            client_id=self.client_id,
            client_secret=self.client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
        )


def base_url(request: Request) -> str:
    """Return the URL of this example. A real provider checks the callback URL, so a forged Host has no effect."""
    return f"{request.url.scheme}://{request.url.netloc}{home(request)}"


def home(request: Request) -> str:
    """Return the path of the start page, including the prefix the example is mounted at."""
    return f"{request.scope.get('root_path', '')}/"
