"""What somebody must be to cause an event of a view or of a component, compiled once per class.

Requirements stand on methods. They add up over all definitions of a method, and over all methods that handle an
event in some base class: an override is never more open than what it overrides, unless it says `inherit=False`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyview.binding.class_cache import cached_on_class
from pyview.events.decorators import EVENTS, INFOS, OUTCOMES, handlers_of, names_in, plain
from pyview.requirement import Requirement, requirements_on

_CALLBACKS = ("handle_event", "handle_params")


class MisplacedRequirement(TypeError):
    """A requirement on a method that nobody in a browser can call: it would guard nothing."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(
            f"@requires on {where} {problem}. It goes on view classes, on @event methods, on handle_event and "
            "on handle_params."
        )


@dataclass(frozen=True, slots=True)
class EventRequirements:
    """`by_name` has every `@event` of the class, `others` is for what `handle_event` handles."""

    by_name: Mapping[str, tuple[Requirement, ...]]
    others: tuple[Requirement, ...]

    def of(self, event: str) -> tuple[Requirement, ...]:
        """All that must hold for `event`, base classes first, then from top to bottom."""
        return self.by_name.get(event, self.others)

    def __iter__(self) -> Iterator[Requirement]:
        for requirements in (*self.by_name.values(), self.others):
            yield from requirements


def event_requirements(cls: type) -> EventRequirements | None:
    """What the events of a view class, or of a component class, require; None when none of them requires anything.

    Raises `MisplacedRequirement` and `DuplicateHandler`.
    """
    return cached_on_class(cls, "event_requirements", lambda: _event_requirements(cls))


def params_requirements(cls: type) -> tuple[Requirement, ...]:
    """What `handle_params` requires. Raises `MisplacedRequirement`."""
    return cached_on_class(cls, "params_requirements", lambda: _asked(cls, ("handle_params",)))


def _event_requirements(cls: type) -> EventRequirements | None:
    methods = _methods_by_event(cls)
    _check_places(cls, {method for names in methods.values() for method in names})
    by_name = {event: _asked(cls, methods[event]) for event in handlers_of(cls, EVENTS)}
    others = _asked(cls, ("handle_event",))
    return EventRequirements(by_name, others) if others or any(by_name.values()) else None


def _asked(cls: type, methods: Iterable[str]) -> tuple[Requirement, ...]:
    own = [found for method in methods for found in requirements_on(plain(vars(cls).get(method)))]
    inherits = all(requirement.inherit for requirement in own)
    inherited = [found for base in cls.__bases__ for found in _asked(base, methods)] if inherits else []
    return tuple({id(requirement): requirement for requirement in (*inherited, *own)}.values())


def _methods_by_event(cls: type) -> dict[str, tuple[str, ...]]:
    """Event -> the methods that handle it here or in some base class."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for owner in reversed(cls.__mro__):
        for method, attribute in vars(owner).items():
            for event in names_in(plain(attribute), EVENTS):
                found[event][method] = None
    return {event: tuple(methods) for event, methods in found.items()}


def _check_places(cls: type, handlers: set[str]) -> None:
    for owner in cls.__mro__:
        for method, attribute in vars(owner).items():
            if requirements_on(plain(attribute)):
                _check_place(owner, method, plain(attribute), method in handlers)


def _check_place(owner: type, method: str, function: object, handles: bool) -> None:
    where = f"{owner.__qualname__}.{method}"
    if names_in(function, INFOS):
        raise MisplacedRequirement(where, "guards nothing: infos come from the server, not from somebody")
    if names_in(function, OUTCOMES):
        raise MisplacedRequirement(
            where, "guards nothing: the view itself began the work; guard the event that does"
        )
    if not handles and method not in _CALLBACKS:
        raise MisplacedRequirement(where, "guards nothing: no event of the browser leads to it")
