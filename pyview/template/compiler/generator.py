"""The module of one template: Jinja2's functions, their twins, and the constants of both."""

from jinja2 import nodes
from jinja2.compiler import Frame, find_undeclared
from jinja2.nodes import EvalContext

from pyview.template.compiler.analysis import bindings, trust_of
from pyview.template.compiler.bodies import Body
from pyview.template.compiler.dependencies import UnitScope
from pyview.template.compiler.files import FileWriter
from pyview.template.tree import runtime
from pyview.template.tree.nodes import ALWAYS


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
