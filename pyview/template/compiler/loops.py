"""`{% for %}`: a comprehension, whose rows are rendered by a function of their own."""

from dataclasses import dataclass

from jinja2 import nodes
from jinja2.compiler import Frame, find_undeclared
from jinja2.idtracking import VAR_LOAD_RESOLVE

from pyview.template.compiler.analysis import contains, fields_read, mutates, target_names, writes
from pyview.template.compiler.bodies import Body
from pyview.template.compiler.branches import BranchWriter
from pyview.template.compiler.dependencies import RowScope, UnitScope
from pyview.template.tree.nodes import ALWAYS

KEY_FILTER = "keyed_by"


@dataclass(slots=True)
class _Loop:
    node: nodes.For
    iterable: nodes.Node
    key: str
    key_field: str | None
    # Jinja2's own frames for the body, the test and the else of a loop.
    frame: Frame
    test_frame: Frame
    else_frame: Frame
    variable: str | None


class LoopWriter(BranchWriter):
    """Writes loops. Recursive ones, ones that break and ones that change lists while they run stay text.

    One that writes nothing is run as Jinja2 would.
    """

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        body = self.tree_body(frame)
        if body is None:
            return super().visit_For(node, frame)
        if node.recursive or contains(node, (nodes.Break, nodes.Continue)) or mutates(node.body):
            return self.write_as_text(body, node, frame)
        if not writes([*node.body, *node.else_]):
            body.mask |= ALWAYS
            return super().visit_For(node, frame)
        return self._write_loop(body, self._analyze(node, frame), frame)

    def _analyze(self, node: nodes.For, frame: Frame) -> _Loop:
        inner, test, otherwise = frame.inner(), frame.inner(), frame.inner()
        inner.loop_frame = True
        undeclared = find_undeclared(node.iter_child_nodes(only=("body",)), ("loop",))
        extended = "loop" in undeclared or any(block.scoped for block in node.find_all(nodes.Block))
        variable = inner.symbols.declare_parameter("loop") if extended else None
        inner.symbols.analyze_node(node, for_branch="body")
        if node.else_:
            otherwise.symbols.analyze_node(node, for_branch="else")
        if node.test:
            test.symbols.analyze_node(node, for_branch="test")
        for name in node.find_all(nodes.Name):
            if name.ctx == "store" and name.name == "loop":
                self.fail("Can't assign to special loop variable in for-loop target", name.lineno)
        iterable, key, key_field = self._key_of(node)
        return _Loop(node, iterable, key, key_field, inner, test, otherwise, variable)

    def _key_of(self, node: nodes.For) -> tuple[nodes.Node, str, str | None]:
        """The iterable without its key filter; how the generated code names the key; the field, if it is one."""
        iterable = node.iter
        if not isinstance(iterable, nodes.Filter) or iterable.name != KEY_FILTER or iterable.node is None:
            return node.iter, "None", None
        if not iterable.args and not iterable.kwargs:
            return iterable.node, "_item_key", None
        argument = iterable.args[0] if len(iterable.args) == 1 and not iterable.kwargs else None
        if not isinstance(argument, nodes.Const) or not isinstance(argument.value, (str, int)):
            self.fail(
                f'{KEY_FILTER} takes the name of one field, as in `rows|{KEY_FILTER}("id")`', iterable.lineno
            )
        field = argument.value if isinstance(argument.value, str) else None
        return iterable.node, f"_field_key({argument.value!r})", field

    def _write_loop(self, body: Body, loop: _Loop, frame: Frame) -> None:
        position = body.add_slot()
        with self.guarded_by(body, loop.node) as guard:
            guard.mask = self.dependencies(loop.node.iter, frame)
            filtering = None
            if loop.node.test:
                filtering, test_mask = self._write_test(body.scope, loop, loop.node.test)
                guard.mask |= test_mask
            row = self._write_row_function(body.scope, loop)
            guard.mask |= row.mask & ~(row.rows.every() if row.rows else 0)
            guard.mask |= self._write_rows(body, position, loop, row, frame, filtering)
        if (
            self._assign_stack
        ):  # in a macro within a captured block: what the loop binds is not exported there
            self._assign_stack[-1].difference_update(loop.frame.symbols.stores)

    def _write_test(self, scope: UnitScope, loop: _Loop, test: nodes.Node) -> tuple[str, int]:
        """The generator that passes on the items for which the loop's test holds: its name, its mask."""
        mask = 0
        function = self.temporary_identifier()
        with self.indented(f"def {function}(fiter):", test):
            # This frame resolves its names itself; they are inputs of the unit all the same.
            for action, name in loop.test_frame.symbols.loads.values():
                if action == VAR_LOAD_RESOLVE:
                    mask |= scope.bit(name)
            self.enter_frame(loop.test_frame)
            self.writeline("for ")
            self.visit(loop.node.target, loop.frame)
            self.write(" in fiter:")
            with self.indented():
                self.writeline("if ")
                self.visit(test, loop.test_frame)
                self.write(":")
                with self.indented():
                    self.writeline("yield ")
                    self.visit(loop.node.target, loop.frame)
        for name in target_names(loop.node.target):
            self.masks[loop.test_frame.symbols.ref(name.name)] = 0
        return function, mask | self.dependencies(test, loop.test_frame)

    def _write_row_function(self, scope: UnitScope, loop: _Loop) -> Body:
        row = self.new_body(scope)
        row.key = loop.key
        row.rows = RowScope(scope.bits, self._fields(loop))
        variable = "" if loop.variable is None else f", {loop.variable}"
        signature = f"_fresh, _item, {row.slots}, {row.mask_variable}{variable}"
        saved = self.conditions, self.open_bodies
        self.conditions, self.open_bodies = [], []
        with self.indented(f"def _row_{row.number}({signature}):", loop.node):
            self.newline()
            self.visit(loop.node.target, loop.frame)
            self.write(" = _item")
            self.enter_tree_frame(loop.frame)
            self._declare_row(loop, row.rows)
            self.writeline(f"_loop_vars = {{}}; {row.diff} = {{}}")
            with self.writing_to(row):
                self.blockvisit(loop.node.body, loop.frame)
            self.writeline(f"return {row.diff}")
        self.conditions, self.open_bodies = saved
        self._forget_row(loop)
        return row

    def _fields(self, loop: _Loop) -> list[str] | None:
        fields = fields_read(loop.node.target, loop.node.body)
        if fields and loop.key_field is not None and loop.key_field not in fields:
            fields.append(loop.key_field)
        return fields or None

    def _declare_row(self, loop: _Loop, rows: RowScope) -> None:
        for name in target_names(loop.node.target):
            ref = loop.frame.symbols.ref(name.name)
            self.masks[ref] = rows.item
            if rows.fields is not None:
                self.items[ref] = rows
        if loop.variable is not None:
            self.masks[loop.variable] = ALWAYS
            self.loops[loop.variable] = rows

    def _forget_row(self, loop: _Loop) -> None:
        for name in target_names(loop.node.target):
            self.items.pop(loop.frame.symbols.ref(name.name), None)
        if loop.variable is not None:
            self.loops.pop(loop.variable, None)

    def _write_rows(
        self, body: Body, position: int, loop: _Loop, row: Body, frame: Frame, filtering: str | None
    ) -> int:
        """Write the call that renders the rows, or else the loop's else. Returns the mask of the latter."""
        if not row.is_balanced():
            body.opaque = True
        items = self.temporary_identifier()
        self.writeline(f"{items} = _rows_of(", loop.node)
        self.visit(loop.iterable, frame)
        self.write(f", {filtering})" if filtering else ")")
        variable = f"_LiveLoop({items}, undefined)" if loop.variable is not None else "None"
        call = (
            f"_v, _x = _comprehension(_fresh, {body.slots}[{position}], {row.segment}, {items}, "
            f"_row_{row.number}, {body.mask_variable}, {variable}, _key_{row.number})"
        )
        if not loop.node.else_:
            self.writeline(call)
            self.write_tree_slot(body, position)
            return 0
        with self.indented(f"if {items}:"):
            self.writeline(call)
            self.write_tree_slot(body, position)
        with self.indented("else:"):
            self.enter_tree_frame(loop.else_frame)
            return self.write_nested(body, position, loop.node.else_, loop.else_frame)
