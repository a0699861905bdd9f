"""What one socket has its page do to the session, and how it learns of the new cookie.

A socket knows the cookie that its handshake came with; the response that sets another one goes to the browser. So the
page brings the new cookie to the socket, sealed: the view goes on where it is, and the next time somebody asks who is
there, it is asked of the new cookie.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from pyview.auth.user_key import user_key
from pyview.middleware.browser_cookie import browser_of
from pyview.process.messages import CookieChanged, RenewalRefused
from pyview.sessions.change import SessionChange
from pyview.tokens.secrets import StaleToken
from pyview.tokens.session_change import Holder
from pyview.transport.admission import Admission
from pyview.transport.presence import Presence

_TOPIC = "lv:phx-"


class Renewal(NamedTuple):
    """`tokens` replace those of the page; `news` is for the views."""

    tokens: dict[str, str]
    news: CookieChanged


class SessionOrders:
    """The orders that one socket has given, the last one of each topic."""

    __slots__ = ("_admission", "_given", "_presence")

    def __init__(self, admission: Admission, presence: Presence) -> None:
        self._admission = admission
        self._presence = presence
        self._given: dict[str, str] = {}

    def mint(self, topic: str, change: SessionChange) -> str | None:
        presence = self._presence
        holder = Holder(topic.removeprefix(_TOPIC), presence.identity.binding, browser_of(presence.scope))
        if not holder.known:
            return None
        self._given[topic], token = self._admission.tokens.session.mint_order(change, holder)
        return token

    async def renew(self, topic: str, payload: Any) -> Renewal:
        """Raises `RenewalRefused`; nothing has changed then."""
        fields = payload if isinstance(payload, Mapping) else {}
        tokens, presence = self._admission.tokens, self._presence
        page_id, before = topic.removeprefix(_TOPIC), presence.identity
        try:
            brought = tokens.session.read_pass(fields.get("pass"))
            page = tokens.read_page_token(fields.get("session"), page_id, before.binding)
        except StaleToken as error:
            raise RenewalRefused(error.reason) from None
        if self._given.get(topic) != brought.id:
            raise RenewalRefused("not this socket's order")
        del self._given[topic]
        await presence.renew(brought.cookie)
        binding = presence.identity.binding
        renewed = {
            "session": tokens.mint_page_token(page, binding),
            "csrf": tokens.mint_csrf_token(page_id, binding),
        }
        same_user = presence.renewable and user_key(before.user) == user_key(presence.identity.user)
        guard = partial(self._admission.watch, presence) if same_user else None
        return Renewal(renewed, CookieChanged(guard))
