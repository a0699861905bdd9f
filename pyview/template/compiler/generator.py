"""The module of one template: Jinja2's functions, their twins, and the constants of both.

Templates made of several files: `{% include %}`, `{% import %}`, `{% block %}`, `{% extends %}`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from jinja2 import nodes
from jinja2.compiler import Frame, find_undeclared
from jinja2.nodes import EvalContext

from pyview.template.compiler.analysis import bindings, trust_of
from pyview.template.compiler.bodies import Body
from pyview.template.compiler.dependencies import UnitScope
from pyview.template.compiler.macros import MacroWriter
from pyview.template.tree import runtime
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


class LiveCodeGenerator(FileWriter):
    """Jinja2's code generator, which adds a function with the attribute `tree` to the root and to every block.

    Set as `Environment.code_generator_class`.
    """

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        self.bindings = bindings(node)
        self.trust = trust_of(node)
        imported = ", ".join(f"{name} as _{name}" for name in runtime.__all__)
        self.writeline(f"from {runtime.__name__} import {imported}")
        super().visit_Template(node, frame)
        root = self._write_root(node)
        for name, block in self.blocks.items():
            self._write_block(name, block)
        self.write_segments()
        segments = "".join(f"{body.segment}, " for body in self.all_bodies)
        self.writeline(f"segments = ({segments})")
        self.writeline(f"root.segment = {root.segment if root is not None else None}")
        self.writeline("debug_info = " + repr("&".join(f"{line}={code}" for line, code in self.debug_info)))
        self.finish()

    def _write_function(self, name: str, node: nodes.Node) -> None:
        environment = "" if self.defer_init else ", environment=environment"
        self.writeline(
            f"def {name}(context, _previous, _fresh, missing=missing{environment}):", node, extra=1
        )
        self.indent()
        self.writeline("resolve = context.resolve_or_missing")
        self.writeline("undefined = environment.undefined")
        self.writeline("concat = environment.concat")
        self.writeline("cond_expr_undefined = Undefined")

    def _write_root(self, node: nodes.Template) -> Body | None:
        """The twin of `root`. Returns its body if this template, and not one it extends, is what it renders."""
        extends = list(node.find_all(nodes.Extends))
        self.extends_so_far, self.has_known_extends, self.masks = 0, False, {}
        self._write_function("_root", node)
        body: Body | None = None
        with self.unit_scope(None) as unit:
            if not extends:
                body = self.write_unit(unit, self._root_frame(node), node.body)
            elif len(extends) == 1 and extends[0] in node.body:
                self._write_child(unit, node)
            else:
                self._write_opaque(unit)
        self.outdent()
        self.writeline("root.tree = _root")
        return body

    def _root_frame(self, node: nodes.Template) -> Frame:
        frame = Frame(EvalContext(self.environment, self.name))
        if "self" in find_undeclared(node.body, ("self",)):
            ref = frame.symbols.declare_parameter("self")
            self.writeline(f"{ref} = TemplateReference(context)")
            self.masks[ref] = ALWAYS
        frame.symbols.analyze_node(node)
        frame.toplevel = frame.rootlevel = True
        return frame

    def _write_child(self, unit: UnitScope, node: nodes.Template) -> None:
        """A template that extends another: its top level runs, then the parent renders with its blocks."""
        body = self.new_body(unit)
        body.opaque = True
        frame = self._root_frame(node)
        frame.require_output_check = True
        resolved = self.gap_line()
        self.enter_tree_frame(frame)
        self.writeline(f"{body.diff} = {{}}; {body.mask_variable} = -1; parent_template = None")
        wrapper = self.gap_line()
        self.pull_dependencies(node.body)
        with self.writing_to(body):
            self.blockvisit(node.body, frame)
            wrapper.text = self._write_parent(body)
        resolved.text = self.resolutions(unit)

    def _write_parent(self, body: Body) -> str:
        """Write the parent's render. Returns the line that finds the node around it, if text came before `extends`."""
        render = "parent_template.root_render_func.tree(context, {}, _fresh)"
        if body.statics() == [""]:
            self.writeline("return " + render.format("_previous"))
            return "pass"
        position = body.add_slot()
        self.writeline("_v, _x = " + render.format(f"{body.slots}[{position}]"))
        self.write_tree_slot(body, position)
        self.writeline(f"return {body.slots}, ({body.diff} or None)")
        return self._found_or_made(body)

    def _write_opaque(self, unit: UnitScope) -> None:
        """Which template is extended, if any, is only known when rendering: the page is one text."""
        body = self.new_body(unit)
        body.opaque = True
        body.mask = ALWAYS
        position = body.add_slot()
        self.writeline(f"{body.diff} = {{}}")
        self.writeline(self._found_or_made(body))
        with self.writing_to(body):
            self.writeline("_v = concat(root(context))")
            self.write_text_slot(body, position)
        self.writeline(f"return {body.slots}, ({body.diff} or None)")

    @staticmethod
    def _found_or_made(body: Body) -> str:
        found = f"_previous.__class__ is _Unit and _previous.segment is {body.segment}"
        made = f"_new_unit({body.segment}, (), _fresh, {body.diff})"
        return f"{body.slots} = _previous if {found} else {made}"

    def _write_block(self, name: str, block: nodes.Block) -> None:
        self.masks = {}
        self._write_function(f"_block_{name}", block)
        frame = Frame(EvalContext(self.environment, self.name))
        frame.block_frame = True
        undeclared = find_undeclared(block.body, ("self", "super"))
        if "self" in undeclared:
            ref = frame.symbols.declare_parameter("self")
            self.masks[ref] = ALWAYS
            self.writeline(f"{ref} = TemplateReference(context)")
        if "super" in undeclared:
            ref = frame.symbols.declare_parameter("super")
            self.masks[ref] = ALWAYS
            self.writeline(f"{ref} = context.super({name!r}, block_{name})")
        frame.symbols.analyze_node(block)
        frame.block = name
        self.writeline("_block_vars = {}")
        with self.unit_scope(None) as unit:
            self.write_unit(unit, frame, block.body)
        self.outdent()
        self.writeline(f"block_{name}.tree = _block_{name}")
