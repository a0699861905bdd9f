"""`{% macro %}` and `{% call %}`: each becomes two functions, one that renders to text and one that renders a tree."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jinja2 import nodes
from jinja2.compiler import Frame, MacroRef, find_undeclared
from jinja2.idtracking import VAR_LOAD_PARAMETER, Symbols

from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.compiler.outputs import compile_as_text, write_call
from pyview.template.compiler.scopes import UnitScope
from pyview.template.compiler.units import write_unit
from pyview.template.tree.nodes import ALWAYS

_SPECIAL = ("caller", "kwargs", "varargs")


@dataclass(frozen=True, slots=True)
class _TreeFunction:
    """The function of a macro that renders a tree. `mask` is what its calls depend on besides their arguments.

    `pure` is True if that is nothing, so that other templates may skip a call with the same arguments.
    """

    name: str
    body: Body
    pure: bool
    mask: int


def compile_macro(compiler: TreeCompiler, node: nodes.Macro, frame: Frame) -> None:
    with _rendering_to_text(compiler):
        _, text_ref = compiler.jinja.macro_body(node, frame)
    ref = frame.symbols.ref(node.name)
    if compiler.body is not None:
        compiler.dependencies.masks[ref] = ALWAYS  # inside its own body, where it may call itself
    function = _write_tree_function(compiler, node, frame)
    compiler.newline()
    if frame.toplevel:
        if not node.name.startswith("_"):
            compiler.write(f"context.exported_vars.add({node.name!r})")
        compiler.writeline(f"context.vars[{node.name!r}] = ")
    compiler.write(f"{ref} = ")
    _write_macro(compiler, text_ref, function)
    _bind_macro(compiler, node.name, ref, function)


def compile_call_block(compiler: TreeCompiler, body: Body, node: nodes.CallBlock, frame: Frame) -> None:
    if frame.eval_ctx.volatile:
        return compile_as_text(compiler, body, node, frame)
    position = body.add_slot()
    with compiler.guarded_later(body, node) as guard:
        with _rendering_to_text(compiler):
            _, text_ref = compiler.jinja.macro_body(node, frame)
        function = _write_tree_function(compiler, node, frame)
        compiler.writeline("caller = ")
        _write_macro(compiler, text_ref, function)
        guard.mask = compiler.dependencies.of(node.call, frame) | function.mask
        # Jinja2 never escapes the result of a call block, with or without autoescape.
        write_call(compiler, body, position, node.call, frame, False, {"caller": "caller"})
    return None


def compile_call_block_as_text(compiler: TreeCompiler, node: nodes.CallBlock, frame: Frame) -> None:
    """Compile a call block as Jinja2 does, except that the called function need not return a text."""
    jinja = compiler.jinja
    call_frame, text_ref = jinja.macro_body(node, frame)
    compiler.writeline("caller = ")
    jinja.macro_def(text_ref, call_frame)
    jinja.start_write(frame, node)
    compiler.write("_called_text(")
    jinja.visit_Call(node.call, frame, forward_caller=True)
    compiler.write(")")
    jinja.end_write(frame)


@contextmanager
def _rendering_to_text(compiler: TreeCompiler) -> Iterator[None]:
    """Let Jinja2 write its function for a macro, without an effect on the body around the macro."""
    dependencies = compiler.dependencies
    saved = compiler.body, dependencies.unit, dependencies.masks
    compiler.body, dependencies.unit, dependencies.masks = None, None, {}
    yield
    compiler.body, dependencies.unit, dependencies.masks = saved


def _bind_macro(compiler: TreeCompiler, name: str, ref: str, function: _TreeFunction) -> None:
    dependencies = compiler.dependencies
    mask = function.mask | dependencies.of_conditions()
    # A function that renders to text has no mask variable to test.
    if compiler.body is None:
        mask = 0 if function.pure else ALWAYS
    dependencies.masks[ref] = mask if dependencies.bindings[name] == 1 else ALWAYS
    dependencies.bound.add(ref)


def _write_macro(compiler: TreeCompiler, ref: MacroRef, function: _TreeFunction) -> None:
    node = ref.node
    names = "".join(f"{argument.name!r}, " for argument in node.args)
    special = f"{ref.accesses_kwargs}, {ref.accesses_varargs}, {ref.accesses_caller}"
    compiler.write(
        f"_LiveMacro({function.name}, {function.body.segment}, {function.pure}, environment, macro, "
        f"{getattr(node, 'name', None)!r}, ({names}), {special}, context.eval_ctx.autoescape)"
    )


# -- the function that renders a tree


def _write_tree_function(
    compiler: TreeCompiler, node: nodes.Macro | nodes.CallBlock, frame: Frame
) -> _TreeFunction:
    inner = frame.inner()
    # With a buffer, Jinja2's statements would collect text. This function fills slots.
    inner.buffer = None
    inner.require_output_check = False
    # Twice, as in Jinja2's `macro_body`: before the special parameters are declared, and with them.
    inner.symbols.analyze_node(node)
    parameters = _parameters(node, inner)
    inner.symbols.analyze_node(node)
    name = f"_macro_{compiler.jinja.temporary_identifier()}"
    dependencies = compiler.dependencies
    outer_unit, outer_masks, outer_body = dependencies.unit, dependencies.masks, compiler.body
    outer = outer_body.mask_variable if outer_body is not None else None
    dependencies.masks = _masks_inside(compiler, frame)
    defaults = 0

    def prepare() -> None:
        nonlocal defaults
        defaults = _write_defaults(compiler, node, inner)

    signature = "".join(f", {parameter}" for parameter in parameters)
    with (
        compiler.indented(f"def {name}(_render_pass, _previous{signature}):", node),
        compiler.unit_scope(outer) as unit,
    ):
        unit.parameters = {parameter: unit.bits.new() for parameter in parameters}
        dependencies.masks.update(unit.parameters)
        body = write_unit(compiler, unit, inner, node.body, prepare=prepare, pulls=False)
    dependencies.masks = outer_masks
    # Changed inputs are found inside, when the macro is called. The bits of variables around it decide
    # outside.
    rest = (body.mask | defaults) & ~unit.own_bits()
    mask = rest | _mask_of_names(unit, outer_unit)
    # A macro that reads a name of the context is not pure: other templates have another context.
    return _TreeFunction(name, body, pure=not unit.names and not rest, mask=mask)


def _parameters(node: nodes.Macro | nodes.CallBlock, inner: Frame) -> list[str]:
    """Return the variables of the parameters, in the order in which a macro binds its arguments."""
    declared = [argument.name for argument in node.args]
    used = find_undeclared(node.body, _SPECIAL)
    # The order is that of `Macro.__call__`: caller, kwargs, varargs.
    special = [name for name in _SPECIAL if name in used and name not in declared]
    return [
        *(inner.symbols.ref(name) for name in declared),
        *(inner.symbols.declare_parameter(name) for name in special),
    ]


def _write_defaults(compiler: TreeCompiler, node: nodes.Macro | nodes.CallBlock, inner: Frame) -> int:
    """Write the defaults of missing arguments. Return the bits that they depend on."""
    jinja = compiler.jinja
    mask = 0
    required = len(node.args) - len(node.defaults)
    jinja.push_parameter_definitions(inner)
    for i, argument in enumerate(node.args):
        ref = inner.symbols.ref(argument.name)
        with compiler.indented(f"if {ref} is missing:"):
            if i < required:
                hint = f"parameter {argument.name!r} was not provided"
                compiler.writeline(f"{ref} = undefined({hint!r}, name={argument.name!r})")
            else:
                default = node.defaults[i - required]
                compiler.writeline(f"{ref} = ")
                compiler.visit(default, inner)
                mask |= compiler.dependencies.of(default, inner)
            jinja.mark_parameter_stored(ref)
    jinja.pop_parameter_definitions()
    return mask


def _masks_inside(compiler: TreeCompiler, frame: Frame) -> dict[str, int]:
    """Return the bits of the variables around a macro, as seen from its body.

    Later assignments may come before a call of the macro. So only variables that are already bound, and only once, keep
    their bits.
    """
    masks = dict(compiler.dependencies.masks)
    symbols: Symbols | None = frame.symbols
    while symbols is not None:
        for name in symbols.stores:
            ref = symbols.refs.get(name)
            if ref is not None and not _is_parameter(symbols, ref) and not _is_final(compiler, name, ref):
                masks[ref] = ALWAYS
        symbols = symbols.parent
    return masks


def _is_parameter(symbols: Symbols, ref: str) -> bool:
    load = symbols.loads.get(ref)
    return load is not None and load[0] == VAR_LOAD_PARAMETER


def _is_final(compiler: TreeCompiler, name: str, ref: str) -> bool:
    return ref in compiler.dependencies.bound and compiler.dependencies.bindings[name] == 1


def _mask_of_names(unit: UnitScope, outer: UnitScope | None) -> int:
    """Return the bits that the unit around a macro has for the context names that the macro reads."""
    if outer is None:
        return 0
    mask = 0
    for name in unit.names:
        mask |= outer.bit(name)
    return mask
