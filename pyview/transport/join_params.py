"""Fields of one `phx_join`, read once when the frame arrives.

Nothing here is verified. `JoinAuthorizer` checks the tokens and the URL.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pyview.template.nested import PAGE_PREFIX

TOPIC_PREFIX = "lv:"

_MAX_NONCE = 200  # characters
_MAX_LOAD_ID = 64
_MAX_WORKER_ID = 64
_MAX_JOINS = 1_000_000
_NONCE = re.compile(r"[A-Za-z0-9+/_=-]+")


class JoinParams(NamedTuple):
    """Fields of one join.

    `dom_id` is the id of the element. `url` is the URL of the page; `navigated` is True if live navigation led there.
    `session` is the page token, or the token of a nested view. `csp_nonce` is the nonce of the page's content security
    policy: it comes from the page and goes back to the same page only. `params` is what `socket.connect_params` shows.

    `first_mount` and `mounted_before` come from the client's count of the earlier joins of the same view in the page
    (`_mounts`); both are False without a count. `load_id` is random text that our client makes at each load of a page,
    and `received` the number of messages that it got on the last join. `joins` is the number of joins of a view that
    keeps its state, `kept_token` the state that the browser carries, `worker` the id of the worker of the last join.
    `mounts` is `_mounts`, 0 without a count.
    """

    dom_id: str
    url: Any
    navigated: bool
    session: Any
    csrf_token: Any
    flash_token: Any
    csp_nonce: str | None
    params: Any
    first_mount: bool
    mounted_before: bool
    load_id: str
    received: Any
    joins: int = 0
    kept_token: str = ""
    worker: str = ""
    mounts: int = 0

    @classmethod
    def read(cls, topic: str, payload: Mapping[str, Any]) -> "JoinParams":
        params = payload.get("params")
        fields = params if isinstance(params, dict) else {}
        navigated, mounts = "redirect" in payload, fields.get("_mounts")
        first_mount = mounts == 0
        flash_token = payload.get("flash")
        if flash_token is None and first_mount and not navigated:
            # Live navigation brings its own messages. Otherwise they are those of the page, shown once.
            flash_token = payload.get("static")
        nonce, load_id = fields.get("_csp_nonce"), fields.get("_load")
        is_nonce = isinstance(nonce, str) and len(nonce) <= _MAX_NONCE and _NONCE.fullmatch(nonce)
        return cls(
            topic.removeprefix(TOPIC_PREFIX),
            payload.get("redirect" if navigated else "url"),
            navigated,
            payload.get("session"),
            fields.get("_csrf_token"),
            flash_token,
            nonce if is_nonce else None,
            params,
            first_mount,
            isinstance(mounts, int) and mounts > 0,
            load_id[:_MAX_LOAD_ID] if isinstance(load_id, str) else "",
            fields.get("_received"),
            _count(fields.get("_joins")),
            _text(fields.get("_kept")),
            _text(fields.get("_worker"))[:_MAX_WORKER_ID],
            _count(mounts),
        )

    @property
    def returns(self) -> bool:
        """True if the view may have been in the page before; live navigation to another view expects a new one."""
        return self.joins > 0 and not (self.navigated and not self.mounted_before)

    @property
    def page_id(self) -> str | None:
        """Id of the page, None for a view that is not a page."""
        return self.dom_id.removeprefix(PAGE_PREFIX) if self.dom_id.startswith(PAGE_PREFIX) else None


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value <= _MAX_JOINS else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
