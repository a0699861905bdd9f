"""A toy OpenID provider: the authorization code flow with PKCE and RS256. It signs users in by any name.

It checks the application like a real one: redirect URI, client secret, single use of the code, verifier, nonce.
See OpenID Connect Core 1.0 and RFC 7636.
"""

import hashlib
import hmac
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

LIFETIME = 60  # seconds

FORM = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Toy provider</title>
<link rel="stylesheet" href="/assets/gallery.css">
<main><section class="sheet narrow"><h1>Toy provider</h1><p class="lede">Who are you today?</p>
<form method="post"><input type="hidden" name="query" value="{query}">
<p style="margin-block: 1rem"><input name="name" placeholder="Name" required autofocus aria-label="Name"></p>
<button class="button" type="submit">Continue</button></form><p class="hint"><a href="/">Back</a></p></section></main>
</html>"""


@dataclass(frozen=True)
class Grant:
    """Data of one authorization code."""

    name: str
    redirect_uri: str
    challenge: str
    nonce: str
    until: float


class Provider:
    def __init__(self, client_id: str, client_secret: str) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})
        self.grants: dict[str, Grant] = {}

    async def metadata(self, request: Request) -> Response:
        issuer = issuer_of(request)
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def jwks(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        params = request.query_params
        known = params.get("client_id") == self.client_id and params.get("response_type") == "code"
        if not known or params.get("code_challenge_method") != "S256" or "redirect_uri" not in params:
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        if request.method == "GET":
            return HTMLResponse(FORM.format(query=escape(request.url.query)))
        form = await request.form()
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(
            name=str(form["name"])[:50],
            redirect_uri=params["redirect_uri"],
            challenge=params.get("code_challenge", ""),
            nonce=params.get("nonce", ""),
            until=time.time() + LIFETIME,
        )
        answer = urlencode({"code": code, "state": params.get("state", "")})
        return RedirectResponse(f"{params['redirect_uri']}?{answer}", status_code=303)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        grant = self.grants.pop(str(form.get("code", "")), None)
        if not self.is_client(request) or grant is None or not self.matches(grant, form):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "id_token": self.id_token(issuer_of(request), grant),
            }
        )

    def is_client(self, request: Request) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        expected = f"{self.client_id}:{self.client_secret}".encode()
        return scheme == "Basic" and hmac.compare_digest(b64decode(encoded), expected)

    def matches(self, grant: Grant, form: Any) -> bool:
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        is_valid = time.time() < grant.until and form.get("redirect_uri") == grant.redirect_uri
        return is_valid and hmac.compare_digest(challenge, grant.challenge)

    def id_token(self, issuer: str, grant: Grant) -> str:
        now = int(time.time())
        claims = {
            "iss": issuer,
            "sub": f"toy:{grant.name.lower()}",
            "aud": self.client_id,
            "iat": now,
            "exp": now + LIFETIME,
            "nonce": grant.nonce,
            "name": grant.name,
        }
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def issuer_of(request: Request) -> str:
    """Return the URL of this provider, including the prefix it is mounted at."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def provider(client_id: str, client_secret: str) -> Starlette:
    """Return the provider as a Starlette application, for one client."""
    toy = Provider(client_id, client_secret)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", toy.metadata),
            Route("/authorize", toy.authorize, methods=["GET", "POST"]),
            Route("/token", toy.token, methods=["POST"]),
            Route("/jwks", toy.jwks),
        ]
    )
