"""The functions of a template's module that render trees: `root.tree` and `block_x.tree`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from jinja2 import nodes
from jinja2.compiler import Frame, find_undeclared
from jinja2.nodes import EvalContext

from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.compiler.scopes import UnitScope
from pyview.template.compiler.units import resolutions, write_segments, write_unit
from pyview.template.tree import runtime
from pyview.template.tree.nodes import ALWAYS


def write_imports(compiler: TreeCompiler) -> None:
    """Write the import of the functions that generated code calls."""
    imported = ", ".join(f"{name} as _{name}" for name in runtime.__all__)
    compiler.writeline(f"from {runtime.__name__} import {imported}")


def write_tree_functions(compiler: TreeCompiler, node: nodes.Template) -> None:
    """Write the rest of the module, after Jinja2's own functions: root, blocks, segments, line numbers."""
    jinja = compiler.jinja
    root = _write_root(compiler, node)
    for name, block in jinja.blocks.items():
        _write_block(compiler, name, block)
    write_segments(compiler)
    segments = "".join(f"{body.segment}, " for body in compiler.bodies)
    compiler.writeline(f"segments = ({segments})")
    compiler.writeline(f"root.segment = {root.segment if root is not None else None}")
    # Jinja2 has written its own already, but without the lines of the functions above.
    compiler.writeline("debug_info = " + repr("&".join(f"{line}={code}" for line, code in jinja.debug_info)))


# Jinja2's expressions expect these variables in the function around them.
_COMMONS: Final = {
    "resolve": "context.resolve_or_missing",
    "undefined": "environment.undefined",
    "concat": "environment.concat",
    "cond_expr_undefined": "Undefined",
}


@contextmanager
def _function(compiler: TreeCompiler, name: str, node: nodes.Node) -> Iterator[None]:
    """Write a function that renders a tree, with what is written inside as its body."""
    environment = "" if compiler.jinja.defer_init else ", environment=environment"
    line = f"def {name}(context, _previous, _render_pass, missing=missing{environment}):"
    compiler.writeline(line, node, extra=1)
    compiler.jinja.indent()
    commons = compiler.gap_line()
    yield
    # Most functions use one of them, and each event runs such a function.
    body = compiler.written_behind(commons)
    used = [f"{each} = {value}" for each, value in _COMMONS.items() if re.search(rf"\b{each}\b", body)]
    commons.text = "; ".join(used) or "pass"
    compiler.jinja.outdent()


def _declare_special(compiler: TreeCompiler, frame: Frame, name: str, value: str) -> None:
    ref = frame.symbols.declare_parameter(name)
    compiler.dependencies.masks[ref] = ALWAYS
    compiler.writeline(f"{ref} = {value}")


def _write_root(compiler: TreeCompiler, node: nodes.Template) -> Body | None:
    """Write `root.tree`. Return its body, or None if the template extends another, which renders instead."""
    extends = list(node.find_all(nodes.Extends))
    jinja = compiler.jinja
    # Jinja2 has just compiled the same statements into `root`.
    jinja.extends_so_far, jinja.has_known_extends = 0, False
    compiler.dependencies.masks = {}
    body: Body | None = None
    with _function(compiler, "_root", node), compiler.unit_scope(None) as unit:
        if not extends:
            body = write_unit(compiler, unit, _root_frame(compiler, node), node.body)
        elif len(extends) == 1 and extends[0] in node.body:
            _write_child(compiler, unit, node)
        else:
            _write_text_root(compiler, unit)
    compiler.writeline("root.tree = _root")
    return body


def _root_frame(compiler: TreeCompiler, node: nodes.Template) -> Frame:
    frame = Frame(EvalContext(compiler.environment, compiler.jinja.name))
    if "self" in find_undeclared(node.body, ("self",)):
        _declare_special(compiler, frame, "self", "TemplateReference(context)")
    frame.symbols.analyze_node(node)
    frame.toplevel = frame.rootlevel = True
    return frame


def _write_child(compiler: TreeCompiler, unit: UnitScope, node: nodes.Template) -> None:
    """Write a template that extends another: its top level runs, then the parent renders with its blocks."""
    body = compiler.new_body(unit)
    body.opaque = True
    frame = _root_frame(compiler, node)
    frame.require_output_check = True
    resolved = compiler.gap_line()
    compiler.enter_frame(frame)
    # All bits: the top level binds names and chooses the parent, so it runs at each render.
    compiler.writeline(f"{body.diff} = {{}}; {body.mask_variable} = -1; parent_template = None")
    wrapper = compiler.gap_line()
    compiler.jinja.pull_dependencies(node.body)
    with compiler.writing_to(body):
        compiler.blockvisit(node.body, frame)
        wrapper.text = _write_parent(compiler, body)
    resolved.text = resolutions(unit)


def _write_parent(compiler: TreeCompiler, body: Body) -> str:
    """Write the call that renders the parent.

    Return the line that finds the node around the parent's: it exists only if text comes before `{% extends %}`.
    """
    render = "parent_template.root_render_func.tree(context, {}, _render_pass)"
    if body.statics() == [""]:
        compiler.writeline("return " + render.format("_previous"))
        return "pass"
    position = body.add_slot()
    compiler.writeline("_v, _x = " + render.format(f"{body.slots}[{position}]"))
    compiler.write_tree_slot(body, position)
    compiler.writeline(f"return {body.slots}, ({body.diff} or None)")
    return _find_or_make(body)


def _write_text_root(compiler: TreeCompiler, unit: UnitScope) -> None:
    """Write a root that is one text: only rendering shows if a template is extended, and which."""
    body = compiler.new_body(unit)
    body.opaque = True
    body.mask = ALWAYS
    position = body.add_slot()
    compiler.writeline(f"{body.diff} = {{}}")
    compiler.writeline(_find_or_make(body))
    with compiler.writing_to(body):
        compiler.writeline("_v = concat(root(context))")
        compiler.write_text_slot(body, position)
    compiler.writeline(f"return {body.slots}, ({body.diff} or None)")


def _find_or_make(body: Body) -> str:
    found = f"_previous.__class__ is _Unit and _previous.segment is {body.segment}"
    made = f"_new_unit({body.segment}, (), _render_pass, {body.diff})"
    return f"{body.slots} = _previous if {found} else {made}"


def _write_block(compiler: TreeCompiler, name: str, block: nodes.Block) -> None:
    compiler.dependencies.masks = {}
    with _function(compiler, f"_block_{name}", block):
        frame = _block_frame(compiler, name, block)
        compiler.writeline("_block_vars = {}")
        with compiler.unit_scope(None) as unit:
            write_unit(compiler, unit, frame, block.body)
    compiler.writeline(f"block_{name}.tree = _block_{name}")


def _block_frame(compiler: TreeCompiler, name: str, block: nodes.Block) -> Frame:
    frame = Frame(EvalContext(compiler.environment, compiler.jinja.name))
    frame.block_frame = True
    undeclared = find_undeclared(block.body, ("self", "super"))
    if "self" in undeclared:
        _declare_special(compiler, frame, "self", "TemplateReference(context)")
    if "super" in undeclared:
        _declare_special(compiler, frame, "super", f"context.super({name!r}, block_{name})")
    frame.symbols.analyze_node(block)
    frame.block = name
    return frame
