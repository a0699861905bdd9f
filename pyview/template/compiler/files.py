"""`{% include %}`, `{% import %}` and `{% block %}`: statements that reach other files.

What they render are units, which decide while rendering if they have to run. So these statements run at every render.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.core.library import is_library_file
from pyview.template.tree.nodes import ALWAYS


def compile_include(compiler: TreeCompiler, body: Body, node: nodes.Include, frame: Frame) -> None:
    body.mask |= ALWAYS
    body.opaque = True
    position = body.add_slot()
    body.note_origin(position, node, ALWAYS)
    slot = f"{body.slots}[{position}]"
    with _lookup(compiler, node, frame, missing=f"_v, _x = _text_slot({slot}, '')"):
        if node.with_context:
            context, names = compiler.jinja.get_context_ref(), compiler.jinja.dump_local_context(frame)
            compiler.writeline(f"_v, _x = _include(_render_pass, {slot}, template, {context}, {names})")
        else:
            # Without context Jinja2 renders the file once and shares the text with all renders.
            text = "concat(template._get_default_module()._body_stream)"
            compiler.writeline(f"_v, _x = _text_slot({slot}, {text})")
    compiler.write_tree_slot(body, position)


def compile_captured_include(compiler: TreeCompiler, node: nodes.Include, frame: Frame, buffer: str) -> None:
    """Compile an include without context in a macro or a captured block.

    Jinja2 3.1 writes a `yield` there. That makes a macro a generator, and writes the text of a captured block to the
    page at once, not where the captured value is shown.
    """
    with _lookup(compiler, node, frame, missing="pass"):
        compiler.writeline(f"{buffer}.extend(template._get_default_module()._body_stream)")


@contextmanager
def _lookup(compiler: TreeCompiler, node: nodes.Include, frame: Frame, missing: str) -> Iterator[None]:
    """Write code that looks up the included file as `template`; `missing` runs if it may be missing and is."""
    if not node.ignore_missing:
        _write_lookup(compiler, node, frame)
        yield
        return
    with compiler.indented("try:"):
        _write_lookup(compiler, node, frame)
    with compiler.indented("except TemplateNotFound:"):
        compiler.writeline(missing)
    with compiler.indented("else:"):
        yield


def _write_lookup(compiler: TreeCompiler, node: nodes.Include, frame: Frame) -> None:
    compiler.writeline(f"template = environment.{_lookup_function(node.template)}(", node)
    compiler.visit(node.template, frame)
    compiler.write(f", {compiler.jinja.name!r})")


def _lookup_function(template: nodes.Expr) -> str:
    if isinstance(template, nodes.Const):
        if isinstance(template.value, str):
            return "get_template"
        if isinstance(template.value, (tuple, list)):
            return "select_template"
    elif isinstance(template, (nodes.Tuple, nodes.List)):
        return "select_template"
    return "get_or_select_template"


def compile_import(compiler: TreeCompiler, body: Body, node: nodes.Import, frame: Frame) -> None:
    compiler.visit_with_jinja(node, frame)
    _bind_imported(compiler, body, [node.target], node, frame)


def compile_from_import(compiler: TreeCompiler, body: Body, node: nodes.FromImport, frame: Frame) -> None:
    compiler.visit_with_jinja(node, frame)
    _bind_imported(compiler, body, _names_bound_by(node), node, frame)


def compile_from_import_as_text(compiler: TreeCompiler, node: nodes.FromImport, frame: Frame) -> None:
    compiler.visit_with_jinja(node, frame)
    if is_library_file(compiler.jinja.filename):
        _trust(compiler, [frame.symbols.ref(name) for name in _names_bound_by(node)])


def _names_bound_by(node: nodes.FromImport) -> list[str]:
    return [name if isinstance(name, str) else name[1] for name in node.names]


def _trust(compiler: TreeCompiler, refs: Iterable[str]) -> None:
    """Note that imported macros are pure, as all of the library are. Then those that call them are, too."""
    for ref in refs:
        compiler.dependencies.masks[ref] = 0
        compiler.dependencies.bound.add(ref)


def _bind_imported(
    compiler: TreeCompiler,
    body: Body,
    names: Iterable[str],
    node: nodes.Import | nodes.FromImport,
    frame: Frame,
) -> None:
    """Bind imported names. Only rendering shows if the imported macros are pure: a bit is set if they are not."""
    dependencies = compiler.dependencies
    body.mask |= ALWAYS
    refs = [frame.symbols.ref(name) for name in names]
    if is_library_file(compiler.jinja.filename):
        return _trust(compiler, refs)
    bit = body.scope.bits.new()
    values = "".join(f"{ref}, " for ref in refs)
    compiler.write_set_bit(bit, f"not {body.segment}.rule.are_immutable(({values}))")
    # With the context, the macros may read names that are no inputs of this unit.
    always = ALWAYS if node.with_context or dependencies.conditions else 0
    mask = bit | dependencies.of(node.template, frame) | always
    for ref in refs:
        dependencies.masks[ref] = mask
        dependencies.bound.add(ref)
    return None


def compile_block(compiler: TreeCompiler, body: Body, node: nodes.Block, frame: Frame) -> None:
    """Write the call of a block's function. Any template that extends this one may have replaced it."""
    jinja = compiler.jinja
    if frame.toplevel and jinja.has_known_extends:
        return
    if node.required:
        with compiler.indented(f"if len(context.blocks[{node.name!r}]) <= 1:", node):
            message = f"Required block {node.name!r} not found"
            compiler.writeline(f"raise TemplateRuntimeError({message!r})", node)
    context = jinja.derive_context(frame) if node.scoped else jinja.get_context_ref()
    body.mask |= ALWAYS
    body.opaque = True
    position = body.add_slot()
    body.note_origin(position, node, ALWAYS)
    # Looked up at each render: only the context knows which template of the chain has the last word.
    block = f"context.blocks[{node.name!r}][0]"
    compiler.writeline(f"_v, _x = {block}.tree({context}, {body.slots}[{position}], _render_pass)", node)
    compiler.write_tree_slot(body, position)
