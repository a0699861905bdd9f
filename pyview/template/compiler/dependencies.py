"""The bits that the value of an expression depends on."""

from collections import Counter

from jinja2 import nodes
from jinja2.compiler import Frame
from jinja2.environment import Environment
from jinja2.idtracking import VAR_LOAD_ALIAS, VAR_LOAD_PARAMETER, VAR_LOAD_RESOLVE

from pyview.template.compiler.analysis import ItemField, field_of, target_names
from pyview.template.compiler.purity import CLOCKS, is_marked_pure, is_pure_filter, is_pure_test
from pyview.template.compiler.scopes import RowScope, UnitScope
from pyview.template.tree.nodes import ALWAYS

_IMPURE = (
    *(nodes.ContextReference, nodes.DerivedContextReference, nodes.EnvironmentAttribute),
    *(nodes.ExtensionAttribute, nodes.ImportedName, nodes.InternalName),
)


class Dependencies:
    """Bits of every variable of the generated code, and so of every expression, at the present point of compilation.

    Jinja2 calls the name of such a variable a `ref`. `unit` is the unit being compiled, None while Jinja2 renders to
    text. `masks` holds the bits of each variable, `bound` the variables that have been assigned. `bindings` counts how
    often the template binds each name. `conditions` are the bits of the `{% if %}`s around the present statement.
    `loops` and `items` hold the open loops by the variable of `loop` and of the item.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.unit: UnitScope | None = None
        self.masks: dict[str, int] = {}
        self.bindings: Counter[str] = Counter()
        self.bound: set[str] = set()
        self.conditions: list[int] = []
        self.loops: dict[str, RowScope] = {}
        self.items: dict[str, RowScope] = {}
        finalize = environment.finalize
        # `finalize` is called for every output, so an unknown one makes every slot run at each render.
        self.of_finalize = ALWAYS if finalize is not None and not is_marked_pure(finalize) else 0

    def of(self, node: nodes.Node, frame: Frame) -> int:
        """Return the bits of an expression: if none of them is set, its value is the same as before."""
        if isinstance(node, (nodes.Name, nodes.NSRef)):
            return self.of_name(node.name, frame)
        # A field of a loop's item has a bit of its own, so it is asked before the item as a whole.
        field = field_of(node)
        if field is not None:
            mask = self._of_field(field, frame)
            if mask is not None:
                return mask
        mask = self._own_impurity(node)
        for child in node.iter_child_nodes():
            mask |= self.of(child, frame)
        return mask

    def of_name(self, name: str, frame: Frame) -> int:
        """Return the bits of a name of the template, as seen from a frame."""
        ref = frame.symbols.find_ref(name)
        return ALWAYS if ref is None else self.of_variable(ref, frame)

    def of_variable(self, ref: str, frame: Frame) -> int:
        """Return the bits of a variable of the generated code. Of an unknown one nothing is certain: `ALWAYS`."""
        load = frame.symbols.find_load(ref)
        mask = self.masks.get(ref)
        if load is not None and load[0] == VAR_LOAD_RESOLVE and self.unit is not None:
            # To ask for the bit makes the name an input of the unit.
            return (mask or 0) | self.unit.bit(load[1])
        if mask is None:
            return ALWAYS
        if load is not None and load[0] == VAR_LOAD_ALIAS:
            return mask | self.of_variable(load[1], frame)
        return mask

    def of_conditions(self) -> int:
        """Return the bits of all `{% if %}`s around the present statement: they decide about what it binds, too."""
        mask = 0
        for condition in self.conditions:
            mask |= condition
        return mask

    def bind(self, target: nodes.Node, mask: int, frame: Frame) -> None:
        """Add `mask` to the bits of the names that an assignment binds."""
        mask |= self.of_conditions()
        for name in target_names(target):
            ref = frame.symbols.ref(name.name)
            self.bound.add(ref)
            # The former bits stay: an assignment in an `if` that is not taken leaves the former value.
            self.masks[ref] = self.masks.get(ref, 0) | mask

    def forget_frame(self, frame: Frame) -> None:
        """Drop the bits of the names that a frame of Jinja2 looks up by itself, past the inputs of the unit."""
        for ref, (action, _) in frame.symbols.loads.items():
            if action != VAR_LOAD_PARAMETER:
                self.masks.pop(ref, None)

    def _of_field(self, field: ItemField, frame: Frame) -> int | None:
        ref = frame.symbols.find_ref(field.owner)
        if ref in self.loops:
            return self.loops[ref].of_loop(field.name)
        if ref in self.items:
            return self.items[ref].field(field.name)
        return None

    def _own_impurity(self, node: nodes.Node) -> int:
        if isinstance(node, nodes.Filter):
            return 0 if is_pure_filter(self._environment, node) else ALWAYS
        if isinstance(node, nodes.Test):
            return 0 if is_pure_test(self._environment, node) else ALWAYS
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            # `day.now()` looks like any other method of an immutable value.
            return ALWAYS if node.node.attr in CLOCKS else 0
        return ALWAYS if isinstance(node, _IMPURE) else 0
