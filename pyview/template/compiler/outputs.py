"""`{{ expression }}`: one slot for each expression; text and constants go into the statics.

Also statements that are rendered to text as a whole, because nothing is known about their parts.
"""

from collections.abc import Mapping

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.command_chains import constant_commands
from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.compiler.guards import unguarded
from pyview.template.tree.nodes import ALWAYS


def compile_output(compiler: TreeCompiler, body: Body, node: nodes.Output, frame: Frame) -> None:
    if frame.require_output_check and compiler.jinja.has_known_extends:
        return  # text beside the blocks of a template that extends another is not rendered
    for child in node.nodes:
        text = static_text(compiler, child, frame)
        if text is not None:
            body.add_text(text)
        else:
            _write_expression(compiler, body, child, frame)


def static_text(compiler: TreeCompiler, node: nodes.Expr, frame: Frame) -> str | None:
    """Return the text of an expression that is constant by Jinja2's rules, or is a chain of JS commands."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    finalize = compiler.finalizer()
    if finalize.const is None:
        return None
    # Only while `js` is the global: a template may bind this name itself.
    if is_escaped(compiler, frame) and not compiler.dependencies.bindings["js"]:
        commands = constant_commands(unguarded(node), frame.eval_ctx)
        if commands is not None:
            return str.__str__(commands.__html__())
    try:
        return str.__str__(str(compiler.constant(node, frame, finalize)))
    except Exception:  # not constant; or an error, which then shows when rendering, with its line
        return None


def is_escaped(compiler: TreeCompiler, frame: Frame) -> bool:
    """Return True if the values of a frame are escaped and nothing else, which is known now."""
    plainly = compiler.environment.finalize is None and not frame.eval_ctx.volatile
    return plainly and bool(frame.eval_ctx.autoescape)


def _write_expression(compiler: TreeCompiler, body: Body, node: nodes.Expr, frame: Frame) -> None:
    volatile = frame.eval_ctx.volatile
    dependencies = compiler.dependencies
    mask = dependencies.of(node, frame) | (ALWAYS if volatile else 0) | dependencies.of_finalize
    position = body.add_slot()
    compiler.newline(node)
    with compiler.guarded(body, mask, node):
        # `finalize` needs the text of the result, so with it a call cannot render into the tree.
        if isinstance(node, nodes.Call) and not volatile and compiler.environment.finalize is None:
            write_call(compiler, body, position, node, frame, bool(frame.eval_ctx.autoescape))
        else:
            _write_text(compiler, body, position, node, frame)


def _write_text(compiler: TreeCompiler, body: Body, position: int, node: nodes.Expr, frame: Frame) -> None:
    finalize = compiler.finalizer()
    if frame.eval_ctx.volatile:
        compiler.writeline("_v = _converted(context.eval_ctx.autoescape, ", node)
    else:
        compiler.writeline("_v = _escaped(" if frame.eval_ctx.autoescape else "_v = _plain(", node)
    if finalize.src is not None:
        compiler.write(finalize.src)
    compiler.visit(node, frame)
    compiler.write(")" if finalize.src is None else "))")
    compiler.write_text_slot(body, position)


def write_call(
    compiler: TreeCompiler,
    body: Body,
    position: int,
    node: nodes.Call,
    frame: Frame,
    autoescape: bool,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Write a slot that is a call as a whole: a macro or a component renders into a tree there.

    `extra` maps additional keyword arguments to their source.
    """
    # The called function decides which tags it writes.
    body.opaque = True
    jinja = compiler.jinja
    slot = f"{body.slots}[{position}]"
    compiler.writeline(
        f"_v, _x = _call(_render_pass, {slot}, {jinja.get_context_ref()}, {autoescape}, ", node
    )
    compiler.visit(node.node, frame)
    keywords = dict(extra or {})
    if frame.loop_frame:
        keywords["_loop_vars"] = "_loop_vars"
    if frame.block_frame:
        keywords["_block_vars"] = "_block_vars"
    jinja.signature(node, frame, keywords or None)
    compiler.write(")")
    compiler.write_tree_slot(body, position)


def compile_as_text(compiler: TreeCompiler, body: Body, node: nodes.Stmt, frame: Frame) -> None:
    """Let Jinja2 render a statement to text, into one slot. It runs at every render."""
    body.opaque = True
    body.mask |= ALWAYS
    position = body.add_slot()
    body.note_origin(position, node, ALWAYS)
    inner = frame.copy()
    inner.symbols = frame.symbols  # not the copy: the statement declares its names where the slot is
    inner.buffer = compiler.jinja.temporary_identifier()
    compiler.writeline(f"{inner.buffer} = []", node)
    compiler.visit_with_jinja(node, inner)
    compiler.writeline(f"_v = concat({inner.buffer})")
    compiler.write_text_slot(body, position)
