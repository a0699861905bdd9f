"""Which method of a class handles what: only decorated methods, found once per class."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyview.binding.per_class import once_per_class
from pyview.events.decorators import names_in
from pyview.events.errors import DuplicateHandler
from pyview.events.reference import EventMethod


@dataclass(frozen=True, slots=True)
class Registration:
    """`function` is what runs, perhaps an override without decorator; `owner` is the class that has one."""

    method: str
    names: tuple[str, ...]
    owner: type
    function: Any

    @property
    def place(self) -> str:
        return f"{self.owner.__qualname__}.{self.method}"


def handlers_of(cls: type, mark: str) -> Mapping[str, Registration]:
    """Name of an event -> its handler. A subclass's handler takes the event from its base's.

    Raises `DuplicateHandler` when neither class is the other's base, or both methods are of one class.
    """
    return once_per_class(cls, mark, lambda: _table(cls, mark))


def registrations(cls: type, mark: str) -> Iterator[Registration]:
    """One for each decorated method, as the class sees it."""
    for method in _marked_methods(cls, mark):
        definitions = [(owner, plain(vars(owner)[method])) for owner in cls.__mro__ if method in vars(owner)]
        function = definitions[0][1]
        if callable(function):  # a subclass takes a handler away with `save = None`
            owner, named = next(one for one in definitions if names_in(one[1], mark))
            yield Registration(method, names_in(named, mark), owner, function)


def plain(attribute: Any) -> Any:
    """The function behind a method that is also a reference."""
    return attribute.function if isinstance(attribute, EventMethod) else attribute


def _marked_methods(cls: type, mark: str) -> list[str]:
    marked = (
        name
        for owner in reversed(cls.__mro__)
        for name, attribute in vars(owner).items()
        if names_in(plain(attribute), mark)
    )
    return list(dict.fromkeys(marked))


def _table(cls: type, mark: str) -> dict[str, Registration]:
    table: dict[str, Registration] = {}
    for registration in registrations(cls, mark):
        for name in registration.names:
            rival = table.get(name)
            table[name] = registration if rival is None else _winner(name, rival, registration)
    return table


def _winner(name: str, first: Registration, second: Registration) -> Registration:
    if first.owner is not second.owner:
        if issubclass(second.owner, first.owner):
            return second
        if issubclass(first.owner, second.owner):
            return first
    raise DuplicateHandler(name, first.place, second.place)
