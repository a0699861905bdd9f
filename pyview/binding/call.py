"""One call of a callback: what its parameters may be filled from."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, NamedTuple


class Resources(NamedTuple):
    """What the server knows about who is there: never anything that the client said."""

    session: Mapping[str, Any]
    user: Any = None
    auth: Any = None
    url: Any = None


class Call:
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


Source = Callable[[Call], Any]
"""Where the value of one parameter comes from."""
