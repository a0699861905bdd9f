"""Join tokens of views that are not pages: nested views, sticky views, and live views in a Starlette page.

They are encrypted, because they contain what a template passed to the view as its session.
"""

import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pyview.config import SecurityConfig
from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets

MAX_SESSION_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class NestedToken:
    """Claims of the element of a nested view.

    `id` is the element's DOM id; `view` and `group` are the keys of the view class and of the live session. `page_id`
    is the page whose CSRF token comes with the join, `page` the path and query at which it was rendered. `parent` is
    the id of the surrounding view and `instance` identifies that view's process; both are "" without a surrounding
    view. `around` has the keys of all surrounding views, whose guards apply here too, on the page `around_page`;
    `scopes` has the scopes that a Starlette page was rendered with.
    """

    id: str
    view: str
    group: str
    page_id: str
    page: str
    parent: str = ""
    instance: str = ""
    depth: int = 1
    sticky: bool = False
    around: Sequence[str] = ()
    around_page: str = ""
    scopes: Sequence[str] = ()
    session: Mapping[str, Any] = field(default_factory=dict)


class NestedTokens:
    """Mints and reads nested-view tokens. `clock` returns the Unix time in seconds, for reading."""

    def __init__(self, keys: Secrets, config: SecurityConfig, clock: Callable[[], float] = time.time) -> None:
        self.max_age = config.page_token_max_age
        self._encryptor = Encryptor(keys, "nested.v3", clock)

    def mint(self, token: NestedToken, binding: str) -> str:
        """Return the value of `data-phx-session`, valid for this session and user only.

        Raises `TypeError` if the session is not JSON data, `ValueError` if it is larger than `MAX_SESSION_BYTES`.
        """
        _check_session(token)
        return self._encryptor.encrypt(json.dumps([asdict(token), binding], separators=(",", ":")))

    def read(self, token: object, dom_id: str, binding: str) -> NestedToken:
        """Return the claims of `token`. Raises `InvalidToken` unless it was minted for `dom_id` and `binding`."""
        # Only `mint` can encrypt, so the content needs no check.
        claims, bound = json.loads(self._encryptor.decrypt(token, self.max_age))
        nested = NestedToken(**claims)
        # A page has many of these tokens. One of them must not open a view in the place of another.
        if nested.id != dom_id:
            raise InvalidToken("element")
        if not hmac.compare_digest(bound.encode(), binding.encode()):
            raise InvalidToken("binding")
        return nested


def _check_session(token: NestedToken) -> None:
    call = f"live_render(..., id={token.id!r}, session=...)"
    try:
        size = len(json.dumps(token.session, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{call} expected JSON data: {error}. Load other values in the view's mount."
        ) from None
    if size > MAX_SESSION_BYTES:
        raise ValueError(
            f"{call} got {size} bytes, at most {MAX_SESSION_BYTES} are allowed: load large values in the view's mount."
        )
