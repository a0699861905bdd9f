"""Templates made of several files: `{% include %}`, `{% import %}`, `{% block %}`, `{% extends %}`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.bodies import Body
from pyview.template.compiler.macros import MacroWriter
from pyview.template.tree.nodes import ALWAYS


class FileWriter(MacroWriter):
    """Writes what reaches other files. These are units, which find out when rendering whether they have to run."""

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        body = self.tree_body(frame)
        if frame.buffer is not None and not node.with_context:
            return self._write_captured(node, frame, frame.buffer)
        if body is None:
            return super().visit_Include(node, frame)
        body.mask |= ALWAYS
        body.opaque = True
        position = body.add_slot()
        with self._looked_up(node, frame, missing=f"_v, _x = _text_slot({body.slots}[{position}], '')"):
            self._write_included(body, position, node, frame)
        self.write_tree_slot(body, position)
        return None

    @contextmanager
    def _looked_up(self, node: nodes.Include, frame: Frame, missing: str) -> Iterator[None]:
        """Write what is done with the included `template`, and `missing` for where there need not be one."""
        if not node.ignore_missing:
            self._write_lookup(node, frame)
            yield
            return
        with self.indented("try:"):
            self._write_lookup(node, frame)
        with self.indented("except TemplateNotFound:"):
            self.writeline(missing)
        with self.indented("else:"):
            yield

    def _write_lookup(self, node: nodes.Include, frame: Frame) -> None:
        self.writeline(f"template = environment.{_lookup_function(node.template)}(", node)
        self.visit(node.template, frame)
        self.write(f", {self.name!r})")

    def _write_captured(self, node: nodes.Include, frame: Frame, buffer: str) -> None:
        # Jinja2 3.1 yields from the midst of a macro or a captured block here, which makes the one a generator and
        # puts the text of the other where it was captured, not where it is shown.
        with self._looked_up(node, frame, missing="pass"):
            self.writeline(f"{buffer}.extend(template._get_default_module()._body_stream)")

    def _write_included(self, body: Body, position: int, node: nodes.Include, frame: Frame) -> None:
        slot = f"{body.slots}[{position}]"
        if node.with_context:
            names = self.dump_local_context(frame)
            self.writeline(f"_v, _x = _include(_fresh, {slot}, template, {self.get_context_ref()}, {names})")
        else:
            self.writeline(
                f"_v, _x = _text_slot({slot}, concat(template._get_default_module()._body_stream))"
            )

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:
        super().visit_Import(node, frame)
        self._bind_imported([node.target], node, frame)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:
        super().visit_FromImport(node, frame)
        self._bind_imported([name if isinstance(name, str) else name[1] for name in node.names], node, frame)

    def _bind_imported(
        self, names: Iterable[str], node: nodes.Import | nodes.FromImport, frame: Frame
    ) -> None:
        """Whether imported macros are pure is only known when rendering: a bit says so."""
        body = self.tree_body(frame)
        if body is None:
            return
        body.mask |= ALWAYS
        refs = [frame.symbols.ref(name) for name in names]
        bit = body.scope.bits.new()
        values = "".join(f"{ref}, " for ref in refs)
        self.write_set_bit(bit, f"not {body.segment}.rule.are_immutable(({values}))")
        mask = (
            bit
            | self.dependencies(node.template, frame)
            | (ALWAYS if node.with_context or self.conditions else 0)
        )
        for ref in refs:
            self.masks[ref] = mask
            self.bound.add(ref)

    def visit_Block(self, node: nodes.Block, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return super().visit_Block(node, frame)
        if frame.toplevel and self.has_known_extends:
            return None
        if node.required:
            with self.indented(f"if len(context.blocks[{node.name!r}]) <= 1:", node):
                message = f"Required block {node.name!r} not found"
                self.writeline(f"raise TemplateRuntimeError({message!r})", node)
        context = self.derive_context(frame) if node.scoped else self.get_context_ref()
        body.mask |= ALWAYS
        body.opaque = True
        position = body.add_slot()
        block = f"context.blocks[{node.name!r}][0]"
        self.writeline(f"_v, _x = {block}.tree({context}, {body.slots}[{position}], _fresh)", node)
        self.write_tree_slot(body, position)
        return None


def _lookup_function(template: nodes.Expr) -> str:
    if isinstance(template, nodes.Const):
        if isinstance(template.value, str):
            return "get_template"
        if isinstance(template.value, (tuple, list)):
            return "select_template"
    elif isinstance(template, (nodes.Tuple, nodes.List)):
        return "select_template"
    return "get_or_select_template"
