"""The callbacks of a view: what each may ask for, and in which order its classic signature does.

One call of a callback: what its parameters may be filled from.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple


class Resources(NamedTuple):
    """What the server knows about who is there: never anything that the client said."""

    session: Mapping[str, Any]
    user: Any = None
    auth: Any = None
    url: Any = None


class CallContext:
    """`event` is an event's name, an `InfoEvent`, or the name of async work, of which `result` is what came of it.

    `client` is the data from the browser: an event's payload, or the parameters of a URL as a dict. `params` are the
    latter as the caller passed them, which a handler receives that annotates nothing.
    """

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
"""Where the value of one parameter comes from."""


RESERVED = frozenset({"socket", "session", "event", "payload", "url", "params", "user", "auth"})
"""Names that no client ever fills, in any callback."""

SERVER_NAMES = frozenset({"socket", "session", "user", "auth", "url"})
"""Those of them that hold nothing the client sent; only these reach a dependency by name."""


@dataclass(frozen=True, slots=True)
class Callback:
    """`classic`: the positional parameters after `self`. `available`: where each reserved name comes from.

    `takes_client_data`: parameters of other names are filled from the client's data. `repeats`: a name in
    that data has a list of values, as in a URL. `opt_in`: the client fills only parameters that are marked
    `FromClient`, because the function is shared code, such as a guard, and not one page's own. `by_place`: a parameter
    without annotation that stands in the place of a classic one is that one, whatever it is called. `closes`:
    generator dependencies are closed when the callback returns; a constructor's would be closed before the
    view has used them.
    """

    name: str
    classic: tuple[str, ...]
    available: Mapping[str, ParameterSource]
    takes_client_data: bool = False
    repeats: bool = False
    opt_in: bool = False
    by_place: bool = True
    closes: bool = True


client: ParameterSource = attrgetter("client")
"""All that the client sent, as it is."""

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
    by_place=False,
)
PARAMS = Callback(
    name="handle_params",
    classic=("url", "params", "socket"),
    available=_available(url=attrgetter("url"), params=attrgetter("params"), socket=_socket),
    takes_client_data=True,
    repeats=True,
    by_place=False,
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

ON_MOUNT = Callback(
    name="an on_mount hook",
    classic=("socket", "session", "params"),
    available=_available(socket=_socket, params=attrgetter("params")),
    takes_client_data=True,
    repeats=True,
    opt_in=True,
)
EVENT_HOOK = replace(EVENT, name="a handle_event hook", opt_in=True, by_place=True)
PARAMS_HOOK = replace(PARAMS, name="a handle_params hook", opt_in=True, by_place=True)
ASYNC_HOOK = replace(ASYNC, name="a handle_async hook", opt_in=True)
RENDER_HOOK = Callback(
    name="an after_render hook",
    classic=("socket",),
    available=_available(socket=_socket),
    opt_in=True,
)
INFO_HOOK = replace(INFO, name="a handle_info hook", opt_in=True)
