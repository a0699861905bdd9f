"""`{% set %}`, `{% with %}`, `{% do %}`: statements that bind names. They run whenever the body around them does."""

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.analysis import may_create, target_names
from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.tree.nodes import ALWAYS


def compile_assign(compiler: TreeCompiler, body: Body, node: nodes.Assign, frame: Frame) -> None:
    compiler.visit_with_jinja(node, frame)
    dependencies = compiler.dependencies
    mask = dependencies.of(node.node, frame)
    for name in target_names(node.target):
        if isinstance(name, nodes.NSRef):
            mask |= dependencies.of_name(name.name, frame)
    body.mask |= mask
    mask |= _write_mutability_check(compiler, body, node.node, node.target, frame)
    dependencies.bind(node.target, mask, frame)


def compile_assign_block(compiler: TreeCompiler, body: Body, node: nodes.AssignBlock, frame: Frame) -> None:
    compiler.visit_with_jinja(node, frame)
    body.mask |= ALWAYS
    compiler.dependencies.bind(node.target, ALWAYS, frame)


def compile_do(compiler: TreeCompiler, body: Body, node: nodes.ExprStmt, frame: Frame) -> None:
    compiler.visit_with_jinja(node, frame)
    body.mask |= ALWAYS


def compile_with(compiler: TreeCompiler, body: Body, node: nodes.With, frame: Frame) -> None:
    dependencies = compiler.dependencies
    inner = frame.inner()
    inner.symbols.analyze_node(node)
    compiler.enter_frame(inner)
    for target, value in zip(node.targets, node.values, strict=True):
        mask = dependencies.of(value, frame)
        body.mask |= mask
        compiler.newline(value)
        compiler.visit(target, inner)
        compiler.write(" = ")
        compiler.visit(value, frame)
        mask |= _write_mutability_check(compiler, body, value, target, inner)
        for name in target_names(target):
            dependencies.masks[inner.symbols.ref(name.name)] = mask
    compiler.blockvisit(node.body, inner)


def compile_scope(compiler: TreeCompiler, body: Body, node: nodes.Scope, frame: Frame) -> None:
    inner = frame.inner()
    inner.symbols.analyze_node(node)
    compiler.enter_frame(inner)
    compiler.blockvisit(node.body, inner)


def _write_mutability_check(
    compiler: TreeCompiler, body: Body, value: nodes.Node, target: nodes.Node, frame: Frame
) -> int:
    """Write code that sets a bit if the bound value is mutable, since the template may change it later. Return the bit.

    Return 0 if the value cannot be an object that this render has made.
    """
    names = [name for name in target_names(target) if isinstance(name, nodes.Name)]
    if not may_create(value) or not names:
        return 0
    refs = ", ".join(frame.symbols.ref(name.name) for name in names)
    bit = body.scope.bits.new()
    compiler.write_set_bit(bit, f"not {body.segment}.rule.are_immutable(({refs},))")
    return bit
