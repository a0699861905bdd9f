"""Requirements for the events of a view or component, compiled once per class.

Requirements are attached to methods. They add up over all definitions of a method, and over all methods that handle an
event in a base class: an override is never more open than the method that it overrides, unless it has `inherit=False`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyview.binding.class_cache import cached_on_class
from pyview.events.decorators import ASYNC_RESULTS, EVENTS, INFOS, handlers_of, marked_names, plain
from pyview.requirement import Requirement, requirements_on

_CALLBACKS = ("handle_event", "handle_params")


class MisplacedRequirement(TypeError):
    """A requirement on a method that no browser can call, so that it would protect nothing."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(
            f"@requires on {where} {problem}. Put it on a view class, an @event method, handle_event or "
            "handle_params."
        )


@dataclass(frozen=True, slots=True)
class EventRequirements:
    """`by_name`: for every `@event` of the class. `others`: for the events that `handle_event` handles."""

    by_name: Mapping[str, tuple[Requirement, ...]]
    others: tuple[Requirement, ...]

    def of(self, event: str) -> tuple[Requirement, ...]:
        """Return all requirements of `event`, base classes first, then from top to bottom."""
        return self.by_name.get(event, self.others)

    def __iter__(self) -> Iterator[Requirement]:
        for requirements in (*self.by_name.values(), self.others):
            yield from requirements


def event_requirements(cls: type) -> EventRequirements | None:
    """Return the requirements of the events of a view or component class, None if there are none.

    Raises `MisplacedRequirement` and `DuplicateHandler`.
    """
    return cached_on_class(cls, "event_requirements", lambda: _event_requirements(cls))


def params_requirements(cls: type) -> tuple[Requirement, ...]:
    """Return the requirements of `handle_params`. Raises `MisplacedRequirement`."""
    return cached_on_class(cls, "params_requirements", lambda: _requirements_of(cls, ("handle_params",)))


def _event_requirements(cls: type) -> EventRequirements | None:
    methods = _methods_by_event(cls)
    handlers = {method for names in methods.values() for method in names}
    for owner in cls.__mro__:
        for method, attribute in vars(owner).items():
            if requirements_on(plain(attribute)):
                _check_place(owner, method, plain(attribute), method in handlers)
    by_name = {event: _requirements_of(cls, methods[event]) for event in handlers_of(cls, EVENTS)}
    others = _requirements_of(cls, ("handle_event",))
    # None, so that the events of a class without requirements cost no check.
    return EventRequirements(by_name, others) if others or any(by_name.values()) else None


def _requirements_of(cls: type, methods: Iterable[str]) -> tuple[Requirement, ...]:
    # A subclass adds to the requirements of its base class, unless one of its own says `inherit=False`.
    own = [found for method in methods for found in requirements_on(plain(vars(cls).get(method)))]
    inherits = all(requirement.inherit for requirement in own)
    inherited = (
        [found for base in cls.__bases__ for found in _requirements_of(base, methods)] if inherits else []
    )
    # By identity: several base classes may inherit the same requirement.
    return tuple({id(requirement): requirement for requirement in (*inherited, *own)}.values())


def _methods_by_event(cls: type) -> dict[str, tuple[str, ...]]:
    """Return the names of the methods that handle each event here or in a base class."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for owner in reversed(cls.__mro__):
        for method, attribute in vars(owner).items():
            for event in marked_names(plain(attribute), EVENTS):
                found[event][method] = None
    return {event: tuple(methods) for event, methods in found.items()}


def _check_place(owner: type, method: str, function: object, handles: bool) -> None:
    where = f"{owner.__qualname__}.{method}"
    if marked_names(function, INFOS):
        raise MisplacedRequirement(where, "guards nothing: infos come from the server, not from a user")
    if marked_names(function, ASYNC_RESULTS):
        raise MisplacedRequirement(
            where, "guards nothing: the view itself starts the work; protect the event that starts it"
        )
    if not handles and method not in _CALLBACKS:
        raise MisplacedRequirement(where, "guards nothing: no event of the browser calls it")
