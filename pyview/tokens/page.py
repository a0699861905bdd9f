"""The tokens that a page carries: proof of which page it is, whose session it belongs to, and that it is
ours.

No token holds user data. `binding` stands for one session and one user (see `pyview.auth.identity`) and never
leaves the server: the page token seals it with its own nonce, the CSRF token hides its code behind a fresh
mask. So the bytes differ on every page, and a compressed response tells nothing about them (BREACH).
"""

import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from pyview.config import SecurityConfig
from pyview.tokens.nested import NestedToken, NestedTokens
from pyview.tokens.secrets import InvalidToken, Secrets, Signer
from pyview.tokens.session_change import SessionTokens

__all__ = ["InvalidToken", "PageToken", "Tokens", "UploadToken"]

_MASK_BYTES = 32


class PageToken(NamedTuple):
    """What a page says about itself: its DOM id, the key of its view, the name of its live session."""

    page_id: str
    view: str
    group: str


class UploadToken(NamedTuple):
    """One file of one view: the number of its process, the reference of the upload, the entry's own number."""

    process: str
    upload: str
    entry: str


class Tokens:
    """Mints and reads the tokens of one application; `session` has those of changes of the session, `nested` those of
    views that are no pages.

    `keys` may be a function, which is called at the first use: an application is not complete before its first
    request, and its name decides about its keys. `clock`: Unix time in seconds, when reading.
    """

    def __init__(
        self,
        keys: Secrets | Callable[[], Secrets],
        config: SecurityConfig,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._get_keys = keys
        self._config = config
        self._clock = clock

    @cached_property
    def _keys(self) -> Secrets:
        return self._get_keys if isinstance(self._get_keys, Secrets) else self._get_keys()

    @cached_property
    def _pages(self) -> Signer:
        return self._keys.signer("page.v3", self._clock)

    @cached_property
    def _flashes(self) -> Signer:
        return self._keys.signer("flash.v1", self._clock)

    @cached_property
    def _reloads(self) -> Signer:
        return self._keys.signer("reload.v1", self._clock)

    @cached_property
    def _uploads(self) -> Signer:
        return self._keys.signer("upload.v1", self._clock)

    @cached_property
    def _seal_keys(self) -> tuple[bytes, ...]:
        return self._keys.keys("binding.v1")

    @cached_property
    def _csrf_keys(self) -> tuple[bytes, ...]:
        return self._keys.keys("csrf.v1")

    @cached_property
    def session(self) -> SessionTokens:
        return SessionTokens(self._keys, self._config, self._clock)

    @cached_property
    def nested(self) -> NestedTokens:
        return NestedTokens(self._keys, self._config, self._clock)

    def mint_page_token(self, page: PageToken, binding: str) -> str:
        """The value of `data-phx-session`."""
        nonce = secrets.token_urlsafe(12)
        seal = _seal(self._seal_keys[0], nonce, binding)
        claims = {"i": page.page_id, "v": page.view, "g": page.group}
        return self._pages.sign({"n": nonce, **claims, "b": seal})

    def read_page_token(self, token: object, page_id: str, binding: str) -> PageToken:
        """The page of `token`, if it is page `page_id` and was rendered for `binding`. Raises `InvalidToken`.

        Which view and live session the page may join is the caller's to compare: after a live navigation they differ.
        """
        data = self._pages.read(token, self._config.page_token_max_age)
        page = PageToken(data["i"], data["v"], data["g"])
        nonce, seal = data["n"], data["b"]
        if page.page_id != page_id:
            raise InvalidToken("page")
        if not any(hmac.compare_digest(seal, _seal(key, nonce, binding)) for key in self._seal_keys):
            raise InvalidToken("binding")
        return page

    def mint_nested_token(self, token: NestedToken, binding: str) -> str:
        """The value of `data-phx-session` of a view that is no page. Raises `TypeError`, `ValueError`."""
        return self.nested.mint(token, binding)

    def mint_csrf_token(self, page_id: str, binding: str) -> str:
        """The value of `<meta name="csrf-token">`, bound to the session, or without one to the page."""
        mask = secrets.token_bytes(_MASK_BYTES)
        code = _csrf_code(self._csrf_keys[0], page_id, binding)
        return urlsafe_b64encode(mask + _xor(mask, code)).decode()

    def check_csrf_token(self, token: object, page_id: str, binding: str) -> bool:
        """Whether `token` was minted for this session, or for this page where there is none."""
        code = _unmask(token)
        expected = (_csrf_code(key, page_id, binding) for key in self._csrf_keys)
        return any(hmac.compare_digest(code, candidate) for candidate in expected)

    def mint_flash_token(self, flash: Mapping[str, Any]) -> str:
        """Messages on their way to the next page. Raises `TypeError` for values that JSON cannot say."""
        return self._flashes.sign(dict(flash))

    def read_flash_token(self, token: object) -> dict[str, Any]:
        """The messages of `token`, or none at all when it is not ours or too old."""
        try:
            return dict(self._flashes.read(token, self._config.flash_token_max_age))
        except InvalidToken:
            return {}

    def mint_reload_token(self, status: int) -> str:
        """The HTTP status that the next load of this page shall answer: its join failed with a 4xx."""
        return self._reloads.sign(status)

    def read_reload_token(self, token: object) -> int | None:
        """The status of `token`, or None when it is not ours or too old."""
        try:
            return int(self._reloads.read(token, self._config.flash_token_max_age))
        except InvalidToken:
            return None

    def mint_upload_token(self, token: UploadToken, binding: str) -> str:
        """What a browser shows to send the bytes of one file."""
        nonce = secrets.token_urlsafe(9)
        claims = {"p": token.process, "u": token.upload, "e": token.entry}
        return self._uploads.sign({"n": nonce, **claims, "b": _seal(self._seal_keys[0], nonce, binding)})

    def read_upload_token(self, token: object, binding: str) -> UploadToken:
        """The file of `token`, if it was minted for `binding`. Raises `InvalidToken`."""
        data = self._uploads.read(token, self._config.upload_token_max_age)
        self._check_seal(data, binding)
        return UploadToken(data["p"], data["u"], data["e"])

    def _check_seal(self, data: Mapping[str, Any], binding: str) -> None:
        seal, nonce = data["b"], data["n"]
        if not any(hmac.compare_digest(seal, _seal(key, nonce, binding)) for key in self._seal_keys):
            raise InvalidToken("binding")


def _seal(key: bytes, nonce: str, binding: str) -> str:
    if not binding:
        return ""
    digest = hmac.digest(key, f"{nonce}.{binding}".encode(), "sha256")
    return urlsafe_b64encode(digest[:16]).decode()


def _csrf_code(key: bytes, page_id: str, binding: str) -> bytes:
    subject = f"session.{binding}" if binding else f"page.{page_id}"
    return hmac.digest(key, subject.encode(), "sha256")


def _unmask(token: object) -> bytes:
    if not isinstance(token, str) or not token.isascii():
        return b""
    try:
        raw = urlsafe_b64decode(token)
    except Base64Error:
        return b""
    return _xor(raw[:_MASK_BYTES], raw[_MASK_BYTES:]) if len(raw) == 2 * _MASK_BYTES else b""


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))
