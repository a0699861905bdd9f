"""The tokens with which the client joins views that are no pages: nested, sticky, or within a page of Starlette.

They are sealed, because they hold what a template gave the view as its session.
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
    """What the element of a nested view says about it.

    `id` is the element's, `view` and `group` the keys of the view class and of the live session. `page_id` is the page
    whose CSRF token comes with the join, `page` the path and query where it was rendered. `parent` is the id of the
    view around it and `instance` which life of it that was; both are "" for one that stands by itself. `around` has the
    keys of all views around it, whose guards hold for it as well, on the page `around_page`, and `scopes` those that a
    page of Starlette was made with.
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
    """Mints and reads them. `clock`: Unix time in seconds, when reading."""

    def __init__(self, keys: Secrets, config: SecurityConfig, clock: Callable[[], float] = time.time) -> None:
        self.max_age = config.page_token_max_age
        self._sealer = Encryptor(keys, "nested.v2", clock)

    def mint(self, token: NestedToken, binding: str) -> str:
        """The value of `data-phx-session`, worth something for this session and user only.

        Raises `TypeError` for a session that JSON cannot say, `ValueError` for one that is too large.
        """
        _check(token)
        return self._sealer.seal(json.dumps([asdict(token), binding], separators=(",", ":")))

    def read(self, token: object, dom_id: str, binding: str) -> NestedToken:
        """Raises `InvalidToken` unless it was minted for the element `dom_id` and for `binding`."""
        claims, bound = json.loads(self._sealer.open(token, self.max_age))
        nested = NestedToken(**claims)
        if nested.id != dom_id:
            raise InvalidToken("element")
        if not hmac.compare_digest(bound.encode(), binding.encode()):
            raise InvalidToken("binding")
        return nested


def _check(token: NestedToken) -> None:
    where = f"live_render(..., id={token.id!r}, session=...)"
    try:
        size = len(json.dumps(token.session, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{where} expected JSON data: {error}. Let the view load the rest in mount."
        ) from None
    if size > MAX_SESSION_BYTES:
        raise ValueError(
            f"{where} holds {size} bytes, {MAX_SESSION_BYTES} allowed: let the view load it in mount."
        )
