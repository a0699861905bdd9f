"""`{% if %}`: one slot, which holds the node of the branch that was taken."""

from collections.abc import Sequence

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.analysis import binds_outside, constant_text, writes
from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.compiler.single_root import is_balanced


def compile_if(compiler: TreeCompiler, body: Body, node: nodes.If, frame: Frame) -> None:
    branches = [node, *node.elif_]
    soft = frame.soft()
    mask = 0
    for branch in branches:
        mask |= compiler.dependencies.of(branch.test, soft)
    # A name that is assigned in a branch depends on the condition as well.
    compiler.dependencies.conditions.append(mask)
    if not writes([node]) or (frame.require_output_check and compiler.jinja.has_known_extends):
        body.mask |= mask
        compiler.visit_with_jinja(node, frame)
    else:
        _write_slot(compiler, body, node, branches, soft, mask)
    compiler.dependencies.conditions.pop()


def _write_slot(
    compiler: TreeCompiler, body: Body, node: nodes.If, branches: Sequence[nodes.If], frame: Frame, mask: int
) -> None:
    position = body.add_slot()
    with compiler.guarded_later(body, node) as guard:
        guard.mask = mask
        # An assignment inside has an effect on later statements, so it runs at every render; its slots are guarded.
        guard.always = binds_outside([node])
        for i, branch in enumerate(branches):
            compiler.writeline("elif " if i else "if ", branch)
            compiler.visit(branch.test, frame)
            compiler.write(":")
            with compiler.indented():
                guard.mask |= _write_branch(compiler, body, position, branch.body, frame)
        # Also without an `{% else %}`: the slot of a branch that is no longer taken must become empty.
        with compiler.indented("else:"):
            guard.mask |= _write_branch(compiler, body, position, node.else_, frame)


def _write_branch(
    compiler: TreeCompiler, body: Body, position: int, statements: Sequence[nodes.Node], frame: Frame
) -> int:
    text = constant_text(statements)
    if text is None:
        return compiler.write_nested(body, position, statements, frame)
    # A text needs no node of its own.
    compiler.writeline(f"_v = {text!r}")
    compiler.write_text_slot(body, position)
    if not is_balanced([text]):
        body.opaque = True
    return 0
