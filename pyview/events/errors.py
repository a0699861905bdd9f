"""What can go wrong between an event and its handler."""


class UnknownEvent(LookupError):
    """The view has no handler for what the browser sent. `name` is the client's own word."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no @event method and no handle_event for {name[:80]!r}")
        self.name = name


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
