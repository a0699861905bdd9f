"""Data for the templates of the law, and random changes of it, in place and by rebinding."""

import copy
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from decimal import Decimal
from typing import Any, NamedTuple

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

Assigns = dict[str, Any]

TEXTS = ["", "a", "b", "Ann", "x<y", "R&B", "'quoted\"", "long " * 5, Markup("<b>bold</b>"), Markup("a"), "1"]
# Equal numbers that print differently.
_ONES = [1, True, 1.0, Decimal("1.0"), Decimal("1.00")]
_ZEROS = [0, False, 0.0, -0.0]
NUMBERS = [2, 3, 7, 12, 100, 2.5, *_ONES, *_ZEROS]


@dataclass
class Account:
    """Mutable, with a property."""

    id: int
    name: str
    balance: float = 0
    tags: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"{self.name}/{self.balance}"

    def shout(self) -> str:
        return self.name.upper()


@dataclass(slots=True)
class Item:
    """Mutable, with slots."""

    id: int
    name: str
    price: float
    qty: int


@dataclass(frozen=True)
class Card:
    """Immutable, as long as its tags are a tuple."""

    id: int
    name: str
    price: float
    tags: tuple[str, ...] = ()

    @property
    def dear(self) -> bool:
        return self.price > 5


class Point(NamedTuple):
    x: float
    y: float


class Plain:
    """Not a dataclass: nothing is known about it."""

    def __init__(self, id: int, name: str, price: float) -> None:
        self.id = id
        self.name = name
        self.price = price

    def __repr__(self) -> str:
        return f"Plain({self.name!r}, {self.price!r})"


class Model(BaseModel):
    id: int
    name: str
    price: Any


class FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    price: Any


def random_assigns(rng: random.Random) -> Assigns:
    """A context with every kind of data."""
    return {
        "count": rng.choice([0, 1, 2, 5]),
        "title": rng.choice(TEXTS),
        "price": rng.choice(NUMBERS),
        "flag": rng.random() < 0.5,
        "nothing": None,
        "user": {"name": rng.choice(TEXTS), "admin": rng.random() < 0.5, "age": rng.choice(NUMBERS)},
        "account": Account(1, rng.choice(TEXTS), 3.0, ["t"]),
        "rows": [_row(rng, i) for i in range(rng.randint(0, 5))],
        "items": [_item(rng, i) for i in range(rng.randint(0, 4))],
        "cards": [_card(rng, i) for i in range(rng.randint(0, 4))],
        "points": [Point(rng.randint(0, 3), i) for i in range(rng.randint(0, 3))],
        "plains": [Plain(i, rng.choice(TEXTS), i) for i in range(rng.randint(0, 3))],
        "models": [Model(id=i, name="m", price=i) for i in range(rng.randint(0, 3))],
        "frozen_models": [FrozenModel(id=i, name="f", price=i) for i in range(rng.randint(0, 3))],
        "mixed": [_row(rng, 0), _card(rng, 1), _item(rng, 2)],
        "names": rng.sample(["ann", "bob", "cy", "dee"], rng.randint(0, 3)),
        "pair": ("l", rng.choice(NUMBERS)),
        "table": {str(i): _row(rng, i) for i in range(rng.randint(0, 3))},
        "groups": [
            {"name": f"g{i}", "rows": [_row(rng, j) for j in range(rng.randint(0, 3))]} for i in range(2)
        ],
        "tree": [{"name": "root", "children": [{"name": rng.choice(TEXTS), "children": []}]}],
        "which": rng.choice(["one.html", "two.html"]),
        "cond": rng.random() < 0.5,
    }


def _row(rng: random.Random, id: int) -> dict[str, Any]:
    row = {"id": id, "name": rng.choice(TEXTS), "price": rng.choice(NUMBERS), "qty": rng.randint(0, 3)}
    if rng.random() < 0.3:
        row["tags"] = rng.sample(["x", "y", "z"], rng.randint(0, 3))
    return row


def _item(rng: random.Random, id: int) -> Item:
    return Item(id, rng.choice(TEXTS), rng.choice([1, 2.5, 7]), rng.randint(0, 3))


def _card(rng: random.Random, id: int) -> Card:
    return Card(id, rng.choice(TEXTS), rng.choice([1, 2.5, 7]), ("u",) * rng.randint(0, 2))


# --- changes -------------------------------------------------------------------------------------------------------


def used(data: Assigns, sources: Iterable[str]) -> list[str]:
    """Return the names of the data that occur in templates. Changes of others have no effect."""
    text = " ".join(sources)
    return [name for name in data if name in text] or [*data]


def mutate(rng: random.Random, data: Assigns, names: list[str]) -> None:
    """Make one random change: of one value under one of the names, in place if possible."""
    name = rng.choice(names)
    data[name] = _changed(rng, data[name])


def _changed(rng: random.Random, value: Any) -> Any:
    if rng.random() < 0.1:
        return copy.deepcopy(value)  # equal, but another object
    change = next((change for kind, change in _CHANGES if isinstance(value, kind)), None)
    return value if change is None else change(rng, value)


def _change_list(rng: random.Random, value: list[Any]) -> list[Any]:
    if rng.random() < 0.1:
        return [*value]
    if rng.random() < 0.1:
        value.clear()
    if not value:
        return value
    at = rng.randrange(len(value))
    operation = rng.randrange(8)
    if operation == 0:
        del value[at]
    elif operation == 1:
        value.insert(rng.randint(0, len(value)), _sibling(rng, value[at]))
    elif operation == 2:
        rng.shuffle(value)
    elif operation == 3:
        value.insert(0, value.pop(at))
    elif operation == 4:
        value.append(value[at])  # the same object twice, with the same key
    else:
        value[at] = _changed(rng, value[at])
    return value


def _sibling(rng: random.Random, value: Any) -> Any:
    """Return an equal object with another identity."""
    id = rng.randint(10, 99)
    made: dict[type, Callable[[], Any]] = {
        Item: lambda: _item(rng, id),
        Card: lambda: _card(rng, id),
        Plain: lambda: Plain(id, "new", id),
        Model: lambda: Model(id=id, name="new", price=id),
        FrozenModel: lambda: FrozenModel(id=id, name="new", price=id),
        Point: lambda: Point(id, 0),
        str: lambda: f"s{id}",
    }
    if isinstance(value, dict) and "price" in value:
        return OrderedDict(_row(rng, id)) if rng.random() < 0.1 else _row(rng, id)
    make = made.get(type(value))
    return copy.deepcopy(value) if make is None else make()


def _change_dict(rng: random.Random, value: dict[Any, Any]) -> dict[Any, Any]:
    if not value:
        return value
    key = rng.choice(sorted(value))
    operation = rng.randrange(9)
    if operation == 0 and key in ("tags", "qty"):
        del value[key]
    elif operation == 1:
        value[key] = value.pop(key)  # to the end
    elif operation == 2 and "price" in value:
        value["tags"] = ["new"]
    elif operation == 3 and "name" in value:
        _rename(value, "age", "nick")
    elif operation == 4 and all(key.isdecimal() for key in value):
        value[str(rng.randint(10, 99))] = _row(rng, 5)
    else:
        value[key] = _changed(rng, value[key])
    return value


def _rename(value: dict[Any, Any], old: str, new: str) -> None:
    renamed = {{old: new, new: old}.get(key, key): each for key, each in value.items()}
    value.clear()
    value.update(renamed)


def _change_object(rng: random.Random, value: Any) -> Any:
    name = rng.choice(["name", "price", "balance", "tags", "qty"])
    if hasattr(value, name):
        setattr(value, name, _changed(rng, getattr(value, name)))
    return value


def _change_card(rng: random.Random, value: Card) -> Card:
    known = {field.name: getattr(value, field.name) for field in fields_of(value)}
    name = rng.choice(["name", "price", "tags"])
    return Card(**{**known, name: _changed(rng, known[name])})


def _change_frozen_model(rng: random.Random, value: FrozenModel) -> FrozenModel:
    return value.model_copy(update={"price": rng.choice(NUMBERS)})


def _change_point(rng: random.Random, value: Point) -> Point:
    return value._replace(x=rng.choice([0, 1, True, 2.0]))


def _change_tuple(rng: random.Random, value: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_changed(rng, each) if rng.random() < 0.5 else each for each in value)


def _change_number(rng: random.Random, value: Any) -> Any:
    twins = [each for each in NUMBERS if each == value]
    return rng.choice(twins if twins and rng.random() < 0.4 else NUMBERS)


def _change_text(rng: random.Random, value: str) -> str:
    return (
        rng.choice([value, value, "one.html", "two.html"]) if value.endswith(".html") else rng.choice(TEXTS)
    )


_CHANGES: list[tuple[Any, Callable[[random.Random, Any], Any]]] = [
    (list, _change_list),
    (dict, _change_dict),
    (Point, _change_point),
    (tuple, _change_tuple),
    (str, _change_text),
    ((int, float, Decimal), _change_number),
    (Card, _change_card),
    (FrozenModel, _change_frozen_model),
    (object, _change_object),
]
