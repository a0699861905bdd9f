"""Where a connection comes from, as far as the server knows."""

from starlette.types import Scope


def client_address(scope: Scope) -> str:
    """Who the server says this is; behind a proxy that it does not trust, the proxy.

    `X-Forwarded-For`, which anybody may send, is never read: a server that is told to trust its proxy puts the truth
    into the scope.
    """
    client = scope.get("client")
    return str(client[0]) if client else "unknown client"
