"""`{% set %}`, `{% with %}`, `{% do %}`: statements that bind names. They run whenever the body around them does."""

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.analysis import may_create, target_names
from pyview.template.compiler.bodies import Body
from pyview.template.compiler.loops import LoopWriter
from pyview.template.tree.nodes import ALWAYS


class ScopeWriter(LoopWriter):
    """Writes bindings, and notes what the bound names depend on."""

    def visit_Assign(self, node: nodes.Assign, frame: Frame) -> None:
        super().visit_Assign(node, frame)
        body = self.tree_body(frame)
        if body is None:
            return
        mask = self.dependencies(node.node, frame)
        for name in target_names(node.target):
            if isinstance(name, nodes.NSRef):
                mask |= self.name_mask(name.name, frame)
        body.mask |= mask
        self.bind(node.target, mask | self._watch(body, node.node, node.target, frame), frame)

    def visit_AssignBlock(self, node: nodes.AssignBlock, frame: Frame) -> None:
        super().visit_AssignBlock(node, frame)
        body = self.tree_body(frame)
        if body is not None:
            body.mask |= ALWAYS
            self.bind(node.target, ALWAYS, frame)

    def visit_ExprStmt(self, node: nodes.ExprStmt, frame: Frame) -> None:
        super().visit_ExprStmt(node, frame)
        if self.body is not None:
            self.body.mask |= ALWAYS

    def visit_With(self, node: nodes.With, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return super().visit_With(node, frame)
        inner = frame.inner()
        inner.symbols.analyze_node(node)
        self.enter_tree_frame(inner)
        for target, value in zip(node.targets, node.values, strict=True):
            mask = self.dependencies(value, frame)
            body.mask |= mask
            self.newline(value)
            self.visit(target, inner)
            self.write(" = ")
            self.visit(value, frame)
            mask |= self._watch(body, value, target, inner)
            for name in target_names(target):
                self.masks[inner.symbols.ref(name.name)] = mask
        return self.blockvisit(node.body, inner)

    def visit_Scope(self, node: nodes.Scope, frame: Frame) -> None:
        if self.tree_body(frame) is None:
            return super().visit_Scope(node, frame)
        inner = frame.inner()
        inner.symbols.analyze_node(node)
        self.enter_tree_frame(inner)
        return self.blockvisit(node.body, inner)

    def visit_OverlayScope(self, node: nodes.OverlayScope, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return super().visit_OverlayScope(node, frame)
        return self.write_as_text(body, node, frame)

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return super().visit_FilterBlock(node, frame)
        return self.write_as_text(body, node, frame)

    def _watch(self, body: Body, value: nodes.Node, target: nodes.Node, frame: Frame) -> int:
        """A bit for names bound to what the template may still change: whether it is mutable shows when rendering."""
        names = [name for name in target_names(target) if isinstance(name, nodes.Name)]
        if not may_create(value) or not names:
            return 0
        refs = ", ".join(frame.symbols.ref(name.name) for name in names)
        bit = body.scope.bits.new()
        self.write_set_bit(bit, f"not {body.segment}.rule.are_immutable(({refs},))")
        return bit
