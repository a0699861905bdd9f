"""`{% if %}`: each branch is a body of its own, in one slot."""

from collections.abc import Sequence

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.analysis import binds_outside, constant_text, writes
from pyview.template.compiler.bodies import Body
from pyview.template.compiler.outputs import OutputWriter
from pyview.template.compiler.single_root import is_balanced


class BranchWriter(OutputWriter):
    """Writes ifs. One that has effects on what follows is run in any case; its slots are still guarded."""

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return super().visit_If(node, frame)
        branches = [node, *node.elif_]
        soft = frame.soft()
        mask = 0
        for branch in branches:
            mask |= self.dependencies(branch.test, soft)
        self.conditions.append(mask)
        if not writes([node]) or (frame.require_output_check and self.has_known_extends):
            body.mask |= mask
            super().visit_If(node, frame)
        else:
            self._write_slot(body, node, branches, soft, mask)
        self.conditions.pop()
        return None

    def _write_slot(
        self, body: Body, node: nodes.If, branches: Sequence[nodes.If], frame: Frame, mask: int
    ) -> None:
        position = body.add_slot()
        with self.guarded_by(body, node) as guard:
            guard.mask = mask
            guard.open = binds_outside([node])
            for i, branch in enumerate(branches):
                self.writeline("elif " if i else "if ", branch)
                self.visit(branch.test, frame)
                self.write(":")
                with self.indented():
                    guard.mask |= self._write_branch(body, position, branch.body, frame)
            with self.indented("else:"):
                guard.mask |= self._write_branch(body, position, node.else_, frame)

    def _write_branch(self, body: Body, position: int, statements: Sequence[nodes.Node], frame: Frame) -> int:
        text = constant_text(statements)
        if text is None:
            return self.write_nested(body, position, statements, frame)
        self.writeline(f"_v = {text!r}")
        self.write_text_slot(body, position)
        if not is_balanced([text]):
            body.opaque = True
        return 0
