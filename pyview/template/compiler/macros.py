"""`{% macro %}` and `{% call %}`: functions that render to text, each with a twin that renders into a tree."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jinja2 import nodes
from jinja2.compiler import Frame, MacroRef, find_undeclared
from jinja2.idtracking import VAR_LOAD_PARAMETER, Symbols

from pyview.template.compiler.bodies import Body
from pyview.template.compiler.dependencies import UnitScope
from pyview.template.compiler.scopes import ScopeWriter
from pyview.template.tree.nodes import ALWAYS

_SPECIAL = ("caller", "kwargs", "varargs")


@dataclass(frozen=True, slots=True)
class _Twin:
    """The tree function of a macro; `mask` is what its calls depend on, `pure` says that this is only the arguments."""

    function: str
    body: Body
    pure: bool
    mask: int


class MacroWriter(ScopeWriter):
    """Writes macros and call blocks."""

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:
        with self._as_text():
            _, text_ref = self.macro_body(node, frame)
        ref = frame.symbols.ref(node.name)
        if self.body is not None:
            self.masks[ref] = ALWAYS  # as seen from inside, where it may call itself
        twin = self._write_twin(node, frame)
        self.newline()
        if frame.toplevel:
            if not node.name.startswith("_"):
                self.write(f"context.exported_vars.add({node.name!r})")
            self.writeline(f"context.vars[{node.name!r}] = ")
        self.write(f"{ref} = ")
        self._write_macro(text_ref, twin)
        self._bind_macro(node.name, ref, twin)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return self._write_call_as_text(node, frame)
        if frame.eval_ctx.volatile:
            return self.write_as_text(body, node, frame)
        position = body.add_slot()
        with self.guarded_by(body, node) as guard:
            with self._as_text():
                _, text_ref = self.macro_body(node, frame)
            twin = self._write_twin(node, frame)
            self.writeline("caller = ")
            self._write_macro(text_ref, twin)
            guard.mask = self.dependencies(node.call, frame) | twin.mask
            # Jinja2 writes what a call block returns as it is, whatever autoescape says.
            self.write_call(body, position, node.call, frame, False, {"caller": "caller"})
        return None

    def _write_call_as_text(self, node: nodes.CallBlock, frame: Frame) -> None:
        # As Jinja2 does, which takes for granted that what is called returns a text.
        call_frame, text_ref = self.macro_body(node, frame)
        self.writeline("caller = ")
        self.macro_def(text_ref, call_frame)
        self.start_write(frame, node)
        self.write("_called_text(")
        self.visit_Call(node.call, frame, forward_caller=True)
        self.write(")")
        self.end_write(frame)

    @contextmanager
    def _as_text(self) -> Iterator[None]:
        """Let Jinja2 write its own function, in the midst of a tree."""
        saved = self.body, self.unit, self.masks
        self.body, self.unit, self.masks = None, None, {}
        yield
        self.body, self.unit, self.masks = saved

    def _bind_macro(self, name: str, ref: str, twin: _Twin) -> None:
        if self.body is None:
            mask = 0 if twin.pure else ALWAYS
        else:
            mask = twin.mask
            for condition in self.conditions:
                mask |= condition
        self.masks[ref] = mask if self.bindings[name] == 1 else ALWAYS
        self.bound.add(ref)

    def _write_macro(self, ref: MacroRef, twin: _Twin) -> None:
        node = ref.node
        names = "".join(f"{argument.name!r}, " for argument in node.args)
        special = f"{ref.accesses_kwargs}, {ref.accesses_varargs}, {ref.accesses_caller}"
        self.write(
            f"_LiveMacro({twin.function}, {twin.body.segment}, {twin.pure}, environment, macro, "
            f"{getattr(node, 'name', None)!r}, ({names}), {special}, context.eval_ctx.autoescape)"
        )

    # -- the tree function

    def _write_twin(self, node: nodes.Macro | nodes.CallBlock, frame: Frame) -> _Twin:
        inner = frame.inner()
        inner.buffer = None
        inner.require_output_check = False
        inner.symbols.analyze_node(node)
        parameters = self._parameters(node, inner)
        inner.symbols.analyze_node(node)
        function = f"_macro_{self.temporary_identifier()}"
        outer_unit, outer_masks, outer_body = self.unit, self.masks, self.body
        outer = outer_body.mask_variable if outer_body is not None else None
        self.masks = self._masks_inside(frame)
        defaults = 0

        def prepare() -> None:
            nonlocal defaults
            defaults = self._write_defaults(node, inner)

        signature = "".join(f", {parameter}" for parameter in parameters)
        with (
            self.indented(f"def {function}(_fresh, _previous{signature}):", node),
            self.unit_scope(outer) as unit,
        ):
            unit.parameters = {parameter: unit.bits.new() for parameter in parameters}
            self.masks.update(unit.parameters)
            body = self.write_unit(unit, inner, node.body, prepare=prepare, pulls=False)
        self.masks = outer_masks
        rest = (body.mask | defaults) & ~unit.own_bits()
        mask = rest | self._mask_of_names(unit, outer_unit)
        return _Twin(function, body, pure=not unit.names and not rest, mask=mask)

    def _parameters(self, node: nodes.Macro | nodes.CallBlock, inner: Frame) -> list[str]:
        """The variables of the arguments, in the order in which a macro binds them."""
        declared = [argument.name for argument in node.args]
        used = find_undeclared(node.body, _SPECIAL)
        special = [name for name in _SPECIAL if name in used and name not in declared]
        return [
            *(inner.symbols.ref(name) for name in declared),
            *(inner.symbols.declare_parameter(name) for name in special),
        ]

    def _write_defaults(self, node: nodes.Macro | nodes.CallBlock, inner: Frame) -> int:
        """Write the defaults of missing arguments. Returns what they depend on."""
        mask = 0
        required = len(node.args) - len(node.defaults)
        self.push_parameter_definitions(inner)
        for i, argument in enumerate(node.args):
            ref = inner.symbols.ref(argument.name)
            with self.indented(f"if {ref} is missing:"):
                if i < required:
                    hint = f"parameter {argument.name!r} was not provided"
                    self.writeline(f"{ref} = undefined({hint!r}, name={argument.name!r})")
                else:
                    default = node.defaults[i - required]
                    self.writeline(f"{ref} = ")
                    self.visit(default, inner)
                    mask |= self.dependencies(default, inner)
                self.mark_parameter_stored(ref)
        self.pop_parameter_definitions()
        return mask

    def _masks_inside(self, frame: Frame) -> dict[str, int]:
        """What a macro may believe of the variables around it: those bound after its definition may be anything."""
        masks = dict(self.masks)
        symbols: Symbols | None = frame.symbols
        while symbols is not None:
            for name in symbols.stores:
                ref = symbols.refs.get(name)
                if ref is not None and not self._is_parameter(symbols, ref) and not self._is_final(name, ref):
                    masks[ref] = ALWAYS
            symbols = symbols.parent
        return masks

    @staticmethod
    def _is_parameter(symbols: Symbols, ref: str) -> bool:
        load = symbols.loads.get(ref)
        return load is not None and load[0] == VAR_LOAD_PARAMETER

    def _is_final(self, name: str, ref: str) -> bool:
        return ref in self.bound and self.bindings[name] == 1

    @staticmethod
    def _mask_of_names(unit: UnitScope, outer: UnitScope | None) -> int:
        if outer is None:
            return 0
        mask = 0
        for name in unit.names:
            mask |= outer.bit(name)
        return mask
