"""What can go wrong between an event and its handler."""

from collections.abc import Iterable
from difflib import get_close_matches


class UnknownEvent(LookupError):
    """The view has no handler for what the browser sent. `name` is the client's own word, `handled` are the events that
    its decorated methods take."""

    def __init__(self, name: str, handled: Iterable[str] = ()) -> None:
        told = name[:80]
        super().__init__(f"no handler for event {told!r}; {_advice(told, [*handled])}")
        self.name = name


def _advice(told: str, handled: list[str]) -> str:
    if told.startswith("unsafe:["):
        return (
            "a phx-* attribute was given a text that begins with '[', which the browser would run as JS commands: "
            "only a chain of pyview.js, such as js.push('save'), may stand there"
        )
    close = get_close_matches(told, handled, n=1)
    return f"did you mean {close[0]!r}?" if close else f"decorate a method with @event({told!r})"


class UnknownInfo(LookupError):
    """The view has no handler for what the server sent it."""

    def __init__(self, name: object) -> None:
        super().__init__(f"no @info method and no handle_info for {name!r}")
        self.name = name


class UnknownOutcome(LookupError):
    """The view has no handler for what came of its own work."""

    def __init__(self, name: object) -> None:
        super().__init__(f"no @outcome method and no handle_async for the async work {name!r}")
        self.name = name


class DuplicateHandler(TypeError):
    """Two methods of one class claim the same event. Raised when the class is made, or first used."""

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(f"{first} and {second} both handle {name!r}; one event has one handler")
        self.name = name
