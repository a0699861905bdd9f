"""Signed tokens of a page: for its join, against CSRF, for flash messages, reloads, uploads, downloads, the inspector.

No token contains user data. `binding` identifies one session and one user (see `pyview.auth.identity`) and never
leaves the server: both tokens have an HMAC of it with a random nonce. The bytes therefore differ on every page, and the
length of a compressed response reveals nothing about them (BREACH attack).
"""

import math
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from pyview.config import SecurityConfig
from pyview.tokens.csrf import CSRFTokens
from pyview.tokens.kept import KeptTokens
from pyview.tokens.mac import Mac, is_any
from pyview.tokens.nested import NestedToken, NestedTokens
from pyview.tokens.secrets import InvalidToken, Secrets, Signer
from pyview.tokens.session_change import SessionTokens

__all__ = ["InvalidToken", "PageToken", "Tokens", "UploadToken"]


class PageToken(NamedTuple):
    """Claims of a page: its DOM id, the key of its view, the name of its live session."""

    page_id: str
    view: str
    group: str


class UploadToken(NamedTuple):
    """One file of one view: the key of the view's process, the reference of the upload, the id of the entry."""

    process: str
    upload: str
    entry: str


class Tokens:
    """Mints and reads the tokens of one application.

    `session` has the tokens of session changes, `nested` those of nested views, `kept` those of kept states. `keys` may
    be a function, which is called at the first use: the keys depend on the application's name, which is final at the
    first request only. `clock` returns the Unix time in seconds, for reading.
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

    # Each purpose is a new version ("page.v3") when its content changes: tokens of an older version are then invalid
    # instead of misread.

    @cached_property
    def _pages(self) -> Signer:
        return self._keys.signer("page.v4", self._clock)

    @cached_property
    def _former_pages(self) -> Signer:
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
    def _inspectors(self) -> Signer:
        return self._keys.signer("inspector.v1", self._clock)

    @cached_property
    def _polls(self) -> Signer:
        return self._keys.signer("poll.v1", self._clock)

    @cached_property
    def _downloads(self) -> Signer:
        return self._keys.signer("download.v1", self._clock)

    @cached_property
    def _binding_macs(self) -> tuple[Mac, ...]:
        return self._keys.macs("binding.v1")

    @cached_property
    def _csrf(self) -> CSRFTokens:
        return CSRFTokens(self._keys)

    @cached_property
    def session(self) -> SessionTokens:
        return SessionTokens(self._keys, self._config, self._clock)

    @cached_property
    def nested(self) -> NestedTokens:
        return NestedTokens(self._keys, self._config, self._clock)

    @cached_property
    def kept(self) -> KeptTokens:
        return KeptTokens(self._keys, self._clock)

    def mint_page_token(self, page: PageToken, binding: str) -> str:
        """Return the value of `data-phx-session`."""
        if not binding:
            # Nothing secret is in it, and the random id of the page makes its bytes different at every load.
            return self._pages.sign([*page])
        nonce = secrets.token_urlsafe(12)
        return self._pages.sign([*page, nonce, _binding_code(self._binding_macs[0], nonce, binding)])

    def read_page_token(self, token: object, page_id: str, binding: str) -> PageToken:
        """Return the claims of `token`. Raises `InvalidToken` unless it is for page `page_id` and for `binding`.

        The caller compares view and live session: after a live navigation they may differ from those of the page.
        """
        page, nonce, code = self._page_claims(token)
        if page.page_id != page_id:
            raise InvalidToken("page")
        self._check_binding(nonce, code, binding)
        return page

    def _page_claims(self, token: object) -> tuple[PageToken, str, str]:
        """Return the claims, the nonce and the code of the binding, both "" for a visitor."""
        max_age = self._config.page_token_max_age
        try:
            page_id, view, group, *bound = self._pages.read(token, max_age)
        except InvalidToken as invalid:
            if invalid.reason != "signature":
                raise
            # Pages that are open during an update of PyView have a token of the version before.
            former = self._former_pages.read(token, max_age)
            return PageToken(former["i"], former["v"], former["g"]), former["n"], former["b"]
        nonce, code = bound or ("", "")
        return PageToken(page_id, view, group), nonce, code

    def mint_nested_token(self, token: NestedToken, binding: str) -> str:
        """Return the value of `data-phx-session` of a nested view. Raises `TypeError`, `ValueError`."""
        return self.nested.mint(token, binding)

    def mint_csrf_token(self, page_id: str, binding: str) -> str:
        """Return the value of `<meta name="csrf-token">`, bound to the session, or without one to the page."""
        return self._csrf.mint(_csrf_subject(page_id, binding))

    def check_csrf_token(self, token: object, page_id: str, binding: str) -> bool:
        """Return True if `token` was minted for this session, or without a session for this page."""
        return self._csrf.check(token, _csrf_subject(page_id, binding))

    def mint_flash_token(self, flash: Mapping[str, Any]) -> str:
        """Return flash messages for the next page. Raises `TypeError` for values that are not JSON-serialisable."""
        return self._flashes.sign(dict(flash))

    def read_flash_token(self, token: object) -> dict[str, Any]:
        """Return the messages of `token`, none if it is invalid or too old."""
        try:
            return dict(self._flashes.read(token, self._config.flash_token_max_age))
        except InvalidToken:
            return {}

    def mint_reload_token(self, status: int) -> str:
        """Return a token with the HTTP status for the next load of this page, after a join failed with a 4xx."""
        return self._reloads.sign(status)

    def read_reload_token(self, token: object) -> int | None:
        """Return the status of `token`, None if it is invalid or too old."""
        try:
            return int(self._reloads.read(token, self._config.flash_token_max_age))
        except InvalidToken:
            return None

    def mint_upload_token(self, token: UploadToken, binding: str) -> str:
        """Return the token with which a browser sends the bytes of one file."""
        nonce = secrets.token_urlsafe(9)
        claims = {"p": token.process, "u": token.upload, "e": token.entry}
        code = _binding_code(self._binding_macs[0], nonce, binding)
        return self._uploads.sign({"n": nonce, **claims, "b": code})

    def read_upload_token(self, token: object, binding: str) -> UploadToken:
        """Return the file of `token`. Raises `InvalidToken` unless it was minted for `binding`."""
        data = self._uploads.read(token, self._config.upload_token_max_age)
        self._check_binding(data["n"], data["b"], binding)
        return UploadToken(data["p"], data["u"], data["e"])

    def mint_inspector_token(self, page: tuple[str, str], binding: str) -> str:
        """Return the token with which a developer inspects a page, named by its id and that of its load."""
        nonce = secrets.token_urlsafe(9)
        return self._inspectors.sign([*page, nonce, _binding_code(self._binding_macs[0], nonce, binding)])

    def read_inspector_token(self, token: object, binding: str) -> tuple[str, str]:
        """Return the page of `token`. Raises `InvalidToken` unless it was minted for `binding`."""
        page_id, load_id, nonce, code = self._inspectors.read(token, self._config.page_token_max_age)
        self._check_binding(nonce, code, binding)
        return page_id, load_id

    def mint_poll_token(self, worker_id: str) -> str:
        """Return a new token for a long-poll session of this worker. No two are equal."""
        return self._polls.sign([worker_id, secrets.token_urlsafe(18)])

    def read_poll_token(self, token: object) -> str:
        """Return the id of the worker that has the session. Raises `InvalidToken`."""
        return str(self._polls.read(token, self._config.socket_max_age)[0])

    def mint_download_token(self, worker_id: str, download_id: str) -> str:
        """Return the token in the URL of a file that this worker offers."""
        return self._downloads.sign([worker_id, download_id])

    def read_download_token(self, token: object) -> tuple[str, str]:
        """Return the id of the worker that offers the file, and the id of the download. Raises `InvalidToken`."""
        worker_id, download_id = self._downloads.read(token, math.ceil(self._config.download_max_age))
        return worker_id, download_id

    def _check_binding(self, nonce: str, code: str, binding: str) -> None:
        if not binding and not code:
            return  # a visitor, whose page is bound to nothing
        expected = [_binding_code(mac, nonce, binding).encode() for mac in self._binding_macs]
        if not is_any(code.encode(), expected):
            raise InvalidToken("binding")


def _binding_code(mac: Mac, nonce: str, binding: str) -> str:
    """Return "" without a session and a user: then there is nothing to bind to."""
    if not binding:
        return ""
    digest = mac.digest(f"{nonce}.{binding}".encode())
    # 128 bits cannot be guessed, and every page carries them.
    return urlsafe_b64encode(digest[:16]).decode()


def _csrf_subject(page_id: str, binding: str) -> str:
    # One token serves all pages of a session, because the client sends that of the first page with every join on its
    # socket, also after a live navigation.
    return f"session.{binding}" if binding else f"page.{page_id}"
