"""`{% for %}`: a comprehension, whose rows are rendered by a function of their own.

A loop that writes nothing is compiled by Jinja2. A recursive loop, one with `break` or `continue`, and one that changes
lists while it runs are rendered to text: their rows cannot be compared one by one.
"""

from dataclasses import dataclass

from jinja2 import nodes
from jinja2.compiler import Frame, find_undeclared
from jinja2.idtracking import VAR_LOAD_RESOLVE

from pyview.template.compiler.analysis import contains, fields_read, mutates, target_names, writes
from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.compiler.fresh_rows import write_fresh_row
from pyview.template.compiler.outputs import compile_as_text
from pyview.template.compiler.scopes import RowScope, UnitScope
from pyview.template.tree.nodes import ALWAYS

KEY_FILTER = "keyed_by"


@dataclass(slots=True)
class _Loop:
    """A loop with Jinja2's own frames for its body, its test and its else.

    `iterable` is the expression without the filter `keyed_by`; `key` is the source of the key function, `key_field` the
    field if the key is one. `variable` is the variable of `loop`, None if the body does not use it.
    """

    node: nodes.For
    iterable: nodes.Node
    key: str
    key_field: str | None
    frame: Frame
    test_frame: Frame
    else_frame: Frame
    variable: str | None


def compile_for(compiler: TreeCompiler, body: Body, node: nodes.For, frame: Frame) -> None:
    if node.recursive or contains(node, (nodes.Break, nodes.Continue)) or mutates(node.body):
        compile_as_text(compiler, body, node, frame)
    elif not writes([*node.body, *node.else_]):
        body.mask |= ALWAYS
        compiler.visit_with_jinja(node, frame)
    else:
        _write_loop(compiler, body, _analyze(compiler, node, frame), frame)


def _analyze(compiler: TreeCompiler, node: nodes.For, frame: Frame) -> _Loop:
    """Build the frames of a loop as Jinja2's `visit_For` does."""
    # Three frames, because names that are bound in the body exist neither in the test nor in the else.
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
            compiler.jinja.fail("Can't assign to special loop variable in for-loop target", name.lineno)
    iterable, key, key_field = _key_of(compiler, node)
    return _Loop(node, iterable, key, key_field, inner, test, otherwise, variable)


def _key_of(compiler: TreeCompiler, node: nodes.For) -> tuple[nodes.Node, str, str | None]:
    iterable = node.iter
    if not isinstance(iterable, nodes.Filter) or iterable.name != KEY_FILTER or iterable.node is None:
        return node.iter, "None", None
    if not iterable.args and not iterable.kwargs:
        return iterable.node, "_item_key", None
    argument = iterable.args[0] if len(iterable.args) == 1 and not iterable.kwargs else None
    # The key function is a constant of the module, so its field must be known now.
    if not isinstance(argument, nodes.Const) or not isinstance(argument.value, (str, int)):
        compiler.jinja.fail(
            f'{KEY_FILTER} takes the name of one field, as in `rows|{KEY_FILTER}("id")`', iterable.lineno
        )
    field = argument.value if isinstance(argument.value, str) else None
    return iterable.node, f"_field_key({argument.value!r})", field


def _write_loop(compiler: TreeCompiler, body: Body, loop: _Loop, frame: Frame) -> None:
    position = body.add_slot()
    with compiler.guarded_later(body, loop.node) as guard:
        guard.mask = compiler.dependencies.of(loop.node.iter, frame)
        filtering = None
        if loop.node.test:
            filtering, test_mask = _write_test(compiler, body.scope, loop, loop.node.test)
            guard.mask |= test_mask
        row = _write_row_function(compiler, body.scope, loop)
        # Changes of an item are found by comparing the items. Around the loop, their bits mean nothing.
        guard.mask |= row.mask & ~(row.rows.every() if row.rows else 0)
        guard.mask |= _write_rows(compiler, body, position, loop, row, frame, filtering)
    if compiler.assigned:
        # In a macro within a captured block: the names that the loop binds are not exported there.
        compiler.assigned[-1].difference_update(loop.frame.symbols.stores)


def _write_test(compiler: TreeCompiler, scope: UnitScope, loop: _Loop, test: nodes.Node) -> tuple[str, int]:
    """Write the generator that yields the items for which the loop's test holds. Return its name and its mask."""
    mask = 0
    function = compiler.jinja.temporary_identifier()
    with compiler.indented(f"def {function}(fiter):", test):
        # This frame looks up its names itself; they are inputs of the unit all the same.
        for action, name in loop.test_frame.symbols.loads.values():
            if action == VAR_LOAD_RESOLVE:
                mask |= scope.bit(name)
        compiler.jinja.enter_frame(loop.test_frame)
        compiler.writeline("for ")
        compiler.visit(loop.node.target, loop.frame)
        compiler.write(" in fiter:")
        with compiler.indented():
            compiler.writeline("if ")
            compiler.visit(test, loop.test_frame)
            compiler.write(":")
            with compiler.indented():
                compiler.writeline("yield ")
                compiler.visit(loop.node.target, loop.frame)
    dependencies = compiler.dependencies
    for name in target_names(loop.node.target):
        dependencies.masks[loop.test_frame.symbols.ref(name.name)] = 0
    return function, mask | dependencies.of(test, loop.test_frame)


def _write_row_function(compiler: TreeCompiler, scope: UnitScope, loop: _Loop) -> Body:
    row = compiler.new_body(scope)
    row.key = loop.key
    row.rows = RowScope(scope.bits, _fields(loop))
    variable = "" if loop.variable is None else f", {loop.variable}"
    signature = f"_render_pass, _item, {row.slots}, {row.mask_variable}{variable}"
    dependencies = compiler.dependencies
    saved = dependencies.conditions, compiler.open_bodies
    # The row function cannot assign to the mask variables of the function around it.
    dependencies.conditions, compiler.open_bodies = [], []
    with compiler.indented(f"def _row_{row.number}({signature}):", loop.node):
        compiler.newline()
        compiler.visit(loop.node.target, loop.frame)
        compiler.write(" = _item")
        compiler.enter_frame(loop.frame)
        _declare_row(compiler, loop, row.rows)
        compiler.writeline(f"_loop_vars = {{}}; {row.diff} = {{}}")
        row.is_flat = write_fresh_row(compiler, row, loop.node.body, loop.frame)
        with compiler.writing_to(row):
            compiler.blockvisit(loop.node.body, loop.frame)
        compiler.writeline(f"return {row.diff}")
    dependencies.conditions, compiler.open_bodies = saved
    _forget_row(compiler, loop)
    return row


def _fields(loop: _Loop) -> list[str] | None:
    fields = fields_read(loop.node.target, loop.node.body)
    # Without fields the item is compared as a whole, and its key with it.
    if fields and loop.key_field is not None and loop.key_field not in fields:
        # The scan of the rows has to find a row whose key alone has changed.
        fields.append(loop.key_field)
    return fields or None


def _declare_row(compiler: TreeCompiler, loop: _Loop, rows: RowScope) -> None:
    dependencies = compiler.dependencies
    for name in target_names(loop.node.target):
        ref = loop.frame.symbols.ref(name.name)
        dependencies.masks[ref] = rows.item
        if rows.fields is not None:
            dependencies.items[ref] = rows
    if loop.variable is not None:
        # `loop` as a whole, for instance as an argument of a macro, may be asked for anything.
        dependencies.masks[loop.variable] = ALWAYS
        dependencies.loops[loop.variable] = rows


def _forget_row(compiler: TreeCompiler, loop: _Loop) -> None:
    for name in target_names(loop.node.target):
        compiler.dependencies.items.pop(loop.frame.symbols.ref(name.name), None)
    if loop.variable is not None:
        compiler.dependencies.loops.pop(loop.variable, None)


def _write_rows(
    compiler: TreeCompiler,
    body: Body,
    position: int,
    loop: _Loop,
    row: Body,
    frame: Frame,
    filtering: str | None,
) -> int:
    """Write the call that renders the rows, and the loop's else. Return the mask of the else."""
    if not row.is_balanced():
        body.opaque = True
    items = compiler.jinja.temporary_identifier()
    compiler.writeline(f"{items} = _rows_of(", loop.node)
    compiler.visit(loop.iterable, frame)
    compiler.write(f", {filtering})" if filtering else ")")
    variable = f"_LiveLoop({items}, undefined)" if loop.variable is not None else "None"
    call = (
        f"_v, _x = _comprehension(_render_pass, {body.slots}[{position}], {row.segment}, {items}, "
        f"_row_{row.number}, {body.mask_variable}, {variable}, _key_{row.number})"
    )
    if not loop.node.else_:
        compiler.writeline(call)
        compiler.write_tree_slot(body, position)
        return 0
    with compiler.indented(f"if {items}:"):
        compiler.writeline(call)
        compiler.write_tree_slot(body, position)
    with compiler.indented("else:"):
        compiler.enter_frame(loop.else_frame)
        return compiler.write_nested(body, position, loop.node.else_, loop.else_frame)
