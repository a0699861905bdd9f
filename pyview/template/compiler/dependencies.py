"""What an expression depends on, as a set of bits."""

from collections import Counter
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import Environment
from jinja2.idtracking import VAR_LOAD_ALIAS, VAR_LOAD_PARAMETER, VAR_LOAD_RESOLVE

from pyview.template.compiler.analysis import (
    CLOCKS,
    ItemField,
    field_of,
    is_marked_pure,
    is_pure_filter,
    is_pure_test,
    target_names,
)
from pyview.template.tree.nodes import ALWAYS, NEW

_IMPURE = (
    *(nodes.ContextReference, nodes.DerivedContextReference, nodes.EnvironmentAttribute),
    *(nodes.ExtensionAttribute, nodes.ImportedName, nodes.InternalName),
)
_BY_POSITION = frozenset({"index", "index0", "first", "cycle"})
_BY_LENGTH = frozenset({"last", "length", "revindex", "revindex0"})
_CONSTANT = frozenset({"depth", "depth0"})


class Bits:
    """Hands out bits. All bodies that are nested in one another share one supply."""

    def __init__(self) -> None:
        self._last = NEW

    def new(self) -> int:
        self._last <<= 1
        return self._last


class UnitScope:
    """A unit being compiled: a body that compares its inputs when rendering.

    `names` are the context names it reads, with the variables that hold them; `parameters` those of a macro. `outer`
    is the mask variable of the body that the unit is defined in, if any.
    """

    def __init__(self, number: int, bits: Bits, outer: str | None) -> None:
        self.number = number
        self.bits = bits
        self.outer = outer
        self.names: dict[str, tuple[str, int]] = {}
        self.parameters: dict[str, int] = {}

    def bit(self, name: str) -> int:
        """The bit of a context name; from now on it is an input."""
        return self._name(name)[1]

    def variable(self, name: str) -> str:
        """The variable that holds the value of a context name."""
        return self._name(name)[0]

    def own_bits(self) -> int:
        """The bits of all inputs."""
        return sum(self.parameters.values()) + sum(bit for _, bit in self.names.values())

    def _name(self, name: str) -> tuple[str, int]:
        if name not in self.names:
            self.names[name] = (f"_n{self.number}_{name}", self.bits.new())
        return self.names[name]


class RowScope:
    """The bits of one loop: of its item or the item's fields, of the row's position, of the number of rows."""

    def __init__(self, bits: Bits, fields: list[str] | None) -> None:
        self.item = bits.new()
        self.position = bits.new()
        self.length = bits.new()
        self.fields = None if fields is None else {name: bits.new() for name in fields}

    def field(self, name: str) -> int:
        return self.item if self.fields is None else self.fields[name]

    def every(self) -> int:
        """All bits that mean nothing outside the loop."""
        return self.item | self.position | self.length | sum((self.fields or {}).values())

    def of_loop(self, attribute: str) -> int:
        """The bits that `loop.attribute` depends on."""
        if attribute in _BY_POSITION:
            return self.position
        if attribute in _BY_LENGTH:
            return self.position | self.length
        return 0 if attribute in _CONSTANT else ALWAYS


class DependencyTracker(CodeGenerator):
    """Knows the bits of every variable (Jinja2's name for it in generated code, a `ref`), hence of every expression."""

    def __init__(self, environment: Environment, *args: Any, **kwargs: Any) -> None:
        super().__init__(environment, *args, **kwargs)
        self.unit: UnitScope | None = None
        self.masks: dict[str, int] = {}
        self.bindings: Counter[str] = Counter()
        self.bound: set[str] = set()
        # The masks of the ifs around a statement: they decide about what it binds, too.
        self.conditions: list[int] = []
        self.loops: dict[str, RowScope] = {}
        self.items: dict[str, RowScope] = {}
        finalize = environment.finalize
        self.always_finalized = ALWAYS if finalize is not None and not is_marked_pure(finalize) else 0

    def dependencies(self, node: nodes.Node, frame: Frame) -> int:
        """The bits that say whether the value of an expression may have changed."""
        if isinstance(node, (nodes.Name, nodes.NSRef)):
            return self.name_mask(node.name, frame)
        field = field_of(node)
        if field is not None:
            mask = self._field_mask(field, frame)
            if mask is not None:
                return mask
        mask = self._own_impurity(node)
        for child in node.iter_child_nodes():
            mask |= self.dependencies(child, frame)
        return mask

    def name_mask(self, name: str, frame: Frame) -> int:
        """The bits of a name, as seen from a frame."""
        ref = frame.symbols.find_ref(name)
        return ALWAYS if ref is None else self.ref_mask(ref, frame)

    def ref_mask(self, ref: str, frame: Frame) -> int:
        """The bits of a variable of the generated code."""
        load = frame.symbols.find_load(ref)
        mask = self.masks.get(ref)
        if load is not None and load[0] == VAR_LOAD_RESOLVE and self.unit is not None:
            return (mask or 0) | self.unit.bit(load[1])
        if mask is None:
            return ALWAYS
        if load is not None and load[0] == VAR_LOAD_ALIAS:
            return mask | self.ref_mask(load[1], frame)
        return mask

    def bind(self, target: nodes.Node, mask: int, frame: Frame) -> None:
        """Note that an assignment target now depends on `mask`, too."""
        for condition in self.conditions:
            mask |= condition
        for name in target_names(target):
            ref = frame.symbols.ref(name.name)
            self.bound.add(ref)
            self.masks[ref] = self.masks.get(ref, 0) | mask

    def enter_frame(self, frame: Frame) -> None:
        """Jinja2's own frames resolve their names themselves: what is known of these variables no longer holds."""
        for ref, (action, _) in frame.symbols.loads.items():
            if action != VAR_LOAD_PARAMETER:
                self.masks.pop(ref, None)
        super().enter_frame(frame)

    def enter_tree_frame(self, frame: Frame) -> None:
        """Like `enter_frame`; context names come from the unit, which has them as inputs."""
        undefined: list[str] = []
        for ref, (action, parameter) in frame.symbols.loads.items():
            if action == VAR_LOAD_PARAMETER:
                continue
            self.masks[ref] = 0
            self.bound.discard(ref)
            if action == VAR_LOAD_RESOLVE and self.unit is not None:
                self.writeline(f"{ref} = {self.unit.variable(parameter)}")
            elif action == VAR_LOAD_ALIAS:
                self.writeline(f"{ref} = {parameter}")
            else:
                undefined.append(ref)
        if undefined:
            self.writeline(f"{' = '.join(undefined)} = missing")

    def _field_mask(self, field: ItemField, frame: Frame) -> int | None:
        ref = frame.symbols.find_ref(field.owner)
        if ref in self.loops:
            return self.loops[ref].of_loop(field.name)
        if ref in self.items:
            return self.items[ref].field(field.name)
        return None

    def _own_impurity(self, node: nodes.Node) -> int:
        if isinstance(node, nodes.Filter):
            return 0 if is_pure_filter(self.environment, node) else ALWAYS
        if isinstance(node, nodes.Test):
            return 0 if is_pure_test(self.environment, node) else ALWAYS
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            return ALWAYS if node.node.attr in CLOCKS else 0
        return ALWAYS if isinstance(node, _IMPURE) else 0
