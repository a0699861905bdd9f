"""The callbacks of a view: the parameters that each may declare, and the values of one call.

A `Callback` describes a kind of handler, such as `handle_event`. A `CallContext` holds the values of one call.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple


class Resources(NamedTuple):
    """The server's values for a call. None of them comes from the client's message."""

    session: Mapping[str, Any]
    user: Any = None
    auth: Any = None
    url: Any = None


class CallContext:
    """The values that the parameters of one call may be filled from.

    `event` is the name of an event, an `InfoEvent`, or the name of an async task; `result` is the result of that task.
    `client` is the data from the browser: the payload of an event, or the parameters of a URL as a dict. `params` are
    the same parameters as the caller passed them, for handlers without annotations.
    """

    # Class attributes, because only some kinds of calls have these values.

    url: Any = None
    params: Any = None
    result: Any = None
    closing: AsyncExitStack | None = None

    def __init__(
        self, resources: Resources, socket: Any = None, event: Any = None, client: Any = None
    ) -> None:
        self.resources = resources
        self.socket = socket
        self.event = event
        self.client = client
        self.cache: dict[Any, Any] = {}


ParameterSource = Callable[[CallContext], Any]
"""Returns the value of one parameter for a call."""


RESERVED = frozenset({"socket", "session", "event", "payload", "url", "params", "user", "auth"})
"""Parameter names that the client never fills, in any callback."""

SERVER_NAMES = frozenset({"socket", "session", "user", "auth", "url"})
"""The reserved names whose values do not come from the client. Dependencies receive only these by name."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A kind of handler and the parameters that it may declare.

    - `classic`: the positional parameters after `self`, as in PyView 0.9.
    - `available`: the source of each reserved name.
    - `takes_client_data`: other names are filled from the client's data.
    - `repeats`: a name in that data has a list of values, as in a URL.
    - `opt_in`: the client fills only parameters marked `FromClient`, because the function is shared code, such as a
      guard, and does not belong to one page.
    - `by_position`: a parameter without annotation at the position of a classic one stands for that one, whatever its
      name.
    - `closes`: generator dependencies are closed when the callback returns. A constructor cannot have them: they would
      be closed before the view uses them.
    """

    name: str
    classic: tuple[str, ...]
    available: Mapping[str, ParameterSource]
    takes_client_data: bool = False
    repeats: bool = False
    opt_in: bool = False
    by_position: bool = True
    closes: bool = True


client: ParameterSource = attrgetter("client")
"""The client's data, unchanged."""

_event: ParameterSource = attrgetter("event")
_socket: ParameterSource = attrgetter("socket")
_from_server: Mapping[str, ParameterSource] = MappingProxyType(
    {
        "session": attrgetter("resources.session"),
        "user": attrgetter("resources.user"),
        "auth": attrgetter("resources.auth"),
        "url": attrgetter("resources.url"),
    }
)


def _available(**sources: ParameterSource) -> Mapping[str, ParameterSource]:
    return MappingProxyType({**_from_server, **sources})


def _info_payload(call: CallContext) -> Any:
    return getattr(call.event, "payload", None)


EVENT = Callback(
    name="handle_event",
    classic=("event", "payload", "socket"),
    available=_available(event=_event, payload=client, params=client, socket=_socket),
    takes_client_data=True,
    # An unannotated parameter of an @event method, as in `add(self, amount)`, is meant for the client.
    by_position=False,
)
PARAMS = Callback(
    name="handle_params",
    classic=("url", "params", "socket"),
    available=_available(url=attrgetter("url"), params=attrgetter("params"), socket=_socket),
    takes_client_data=True,
    repeats=True,
    by_position=False,
)
MOUNT = Callback(
    name="mount",
    classic=("socket", "session"),
    available=_available(socket=_socket, session=_from_server["session"], params=attrgetter("params")),
    takes_client_data=True,
    repeats=True,
)
INFO = Callback(
    name="handle_info",
    classic=("event", "socket"),
    available=_available(event=_event, payload=_info_payload, socket=_socket),
)
ASYNC = Callback(
    name="handle_async",
    classic=("name", "result", "socket"),
    available=_available(name=_event, result=attrgetter("result"), socket=_socket),
)
CONSTRUCTOR = Callback(name="the constructor", classic=(), available=_from_server, closes=False)

# Hooks are shared between pages, so the client fills only what they mark `FromClient`.

ON_MOUNT = Callback(
    name="an on_mount hook",
    classic=("socket", "session", "params"),
    available=_available(socket=_socket, params=attrgetter("params")),
    takes_client_data=True,
    repeats=True,
    opt_in=True,
)
# Without a marker a hook gets nothing from the client, so a free name can only mean its position.
EVENT_HOOK = replace(EVENT, name="a handle_event hook", opt_in=True, by_position=True)
PARAMS_HOOK = replace(PARAMS, name="a handle_params hook", opt_in=True, by_position=True)
ASYNC_HOOK = replace(ASYNC, name="a handle_async hook", opt_in=True)
RENDER_HOOK = Callback(
    name="an after_render hook",
    classic=("socket",),
    available=_available(socket=_socket),
    opt_in=True,
)
INFO_HOOK = replace(INFO, name="a handle_info hook", opt_in=True)
