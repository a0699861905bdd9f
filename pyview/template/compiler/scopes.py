"""Bits for what a body reads: context names, parameters, the items and the position of a loop's row.

A slot is rendered again only if one of the bits of its expression is set. The generated code finds out which are set:
for a unit by comparing its inputs, for a row by comparing the item's fields and the row's position.
"""

from pyview.template.tree.nodes import ALWAYS, NEW

_BY_POSITION = frozenset({"index", "index0", "first", "cycle"})
_BY_LENGTH = frozenset({"last", "length", "revindex", "revindex0"})
_CONSTANT = frozenset({"depth", "depth0"})


class Bits:
    """Supply of unused bits. All bodies that are nested in one another share one supply."""

    def __init__(self) -> None:
        self._last = NEW

    def new(self) -> int:
        # Python's integers have any number of bits, so a template never runs out of them.
        self._last <<= 1
        return self._last


class UnitScope:
    """Inputs of a unit that is being compiled.

    `names` maps each context name that the unit reads to its variable in the generated code and its bit; `parameters`
    maps each parameter of a macro to its bit. `outer` is the mask variable of the body that the unit is defined in.
    """

    def __init__(self, number: int, bits: Bits, outer: str | None) -> None:
        self.number = number
        self.bits = bits
        self.outer = outer
        self.names: dict[str, tuple[str, int]] = {}
        self.parameters: dict[str, int] = {}

    def bit(self, name: str) -> int:
        """Return the bit of a context name, which becomes an input of the unit."""
        return self._input(name)[1]

    def variable(self, name: str) -> str:
        """Return the variable of a context name, which becomes an input of the unit."""
        return self._input(name)[0]

    def own_bits(self) -> int:
        """Return the bits of all inputs."""
        return sum(self.parameters.values()) + sum(bit for _, bit in self.names.values())

    def _input(self, name: str) -> tuple[str, int]:
        if name not in self.names:
            self.names[name] = (f"_n{self.number}_{name}", self.bits.new())
        return self.names[name]


class RowScope:
    """Bits of one loop: of its item or the item's fields, of the row's position, of the number of rows.

    `fields` are the fields that the loop's body reads of its item; None if it uses the item as a whole.
    """

    def __init__(self, bits: Bits, fields: list[str] | None) -> None:
        self.item = bits.new()
        self.position = bits.new()
        self.length = bits.new()
        self.fields = None if fields is None else {name: bits.new() for name in fields}

    def field(self, name: str) -> int:
        return self.item if self.fields is None else self.fields[name]

    def every(self) -> int:
        """Return all bits of the loop. They mean nothing outside it."""
        return self.item | self.position | self.length | sum((self.fields or {}).values())

    def of_loop(self, attribute: str) -> int:
        """Return the bits that `loop.attribute` depends on."""
        if attribute in _BY_POSITION:
            return self.position
        if attribute in _BY_LENGTH:
            return self.position | self.length
        # `previtem`, `nextitem` and `changed` look at other rows, which may change while this one does not.
        return 0 if attribute in _CONSTANT else ALWAYS
