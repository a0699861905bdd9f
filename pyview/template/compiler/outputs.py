"""`{{ expression }}`, and statements that stay one text because nothing finer is known of them."""

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

from pyview.template.compiler.bodies import Body, BodyWriter
from pyview.template.compiler.command_chains import constant_commands
from pyview.template.compiler.guards import unguarded
from pyview.template.tree.nodes import ALWAYS


class OutputWriter(BodyWriter):
    """Writes one slot per expression; text and constants go into the statics."""

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return super().visit_Output(node, frame)
        if frame.require_output_check and self.has_known_extends:
            return None
        for child in node.nodes:
            text = self._constant(child, frame)
            if text is not None:
                body.add_text(text)
            else:
                self._write_expression(body, child, frame)

    def _constant(self, node: nodes.Expr, frame: Frame) -> str | None:
        """The text of an expression that is known when compiling, as Jinja2 decides it."""
        if isinstance(node, nodes.TemplateData):
            return node.data
        finalize = self._make_finalize()
        if finalize.const is None:
            return None
        if self._is_escaped(frame) and not self.bindings["js"]:
            commands = constant_commands(unguarded(node), frame.eval_ctx)
            if commands is not None:
                return str.__str__(commands.__html__())
        try:
            return str.__str__(str(self._output_child_to_const(node, frame, finalize)))
        except Exception:  # not constant; or an error, which then shows when rendering, with its line
            return None

    def _is_escaped(self, frame: Frame) -> bool:
        plainly = self.environment.finalize is None and not frame.eval_ctx.volatile
        return plainly and bool(frame.eval_ctx.autoescape)

    def _write_expression(self, body: Body, node: nodes.Expr, frame: Frame) -> None:
        volatile = frame.eval_ctx.volatile
        mask = self.dependencies(node, frame) | (ALWAYS if volatile else 0) | self.always_finalized
        position = body.add_slot()
        self.newline(node)
        with self.guarded(body, mask, node):
            if isinstance(node, nodes.Call) and not volatile and self.environment.finalize is None:
                self.write_call(body, position, node, frame, bool(frame.eval_ctx.autoescape))
            else:
                self._write_text(body, position, node, frame)

    def _write_text(self, body: Body, position: int, node: nodes.Expr, frame: Frame) -> None:
        finalize = self._make_finalize()
        if frame.eval_ctx.volatile:
            self.writeline("_v = _converted(context.eval_ctx.autoescape, ", node)
        else:
            self.writeline("_v = _escaped(" if frame.eval_ctx.autoescape else "_v = _plain(", node)
        if finalize.src is not None:
            self.write(finalize.src)
        self.visit(node, frame)
        self.write(")" if finalize.src is None else "))")
        self.write_text_slot(body, position)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Write the beginning of an output to text: Jinja2's own, by functions that refuse coroutines and the like."""
        if frame.eval_ctx.volatile:
            self.write("(_written if context.eval_ctx.autoescape else _written_plain)(")
        else:
            self.write("_written(" if frame.eval_ctx.autoescape else "_written_plain(")
        if finalize.src is not None:
            self.write(finalize.src)

    def write_call(
        self,
        body: Body,
        position: int,
        node: nodes.Call,
        frame: Frame,
        autoescape: bool,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """A slot that is a call as a whole: what is called may render into a tree."""
        body.opaque = True
        slot = f"{body.slots}[{position}]"
        self.writeline(f"_v, _x = _call(_fresh, {slot}, {self.get_context_ref()}, {autoescape}, ", node)
        self.visit(node.node, frame)
        keywords = dict(extra or {})
        if frame.loop_frame:
            keywords["_loop_vars"] = "_loop_vars"
        if frame.block_frame:
            keywords["_block_vars"] = "_block_vars"
        self.signature(node, frame, keywords or None)
        self.write(")")
        self.write_tree_slot(body, position)

    def write_as_text(self, body: Body, node: nodes.Stmt, frame: Frame) -> None:
        """Render a statement as Jinja2 does, into one slot. It is evaluated at every render."""
        body.opaque = True
        body.mask |= ALWAYS
        position = body.add_slot()
        inner = frame.copy()
        inner.symbols = frame.symbols
        inner.buffer = self.temporary_identifier()
        self.writeline(f"{inner.buffer} = []", node)
        getattr(CodeGenerator, f"visit_{type(node).__name__}")(self, node, inner)
        self.writeline(f"_v = concat({inner.buffer})")
        self.write_text_slot(body, position)
