"""New rows of a loop, for the first render of a page: rendered at once, without comparisons.

A new row has nothing to compare with, so testing bits and comparing slots only takes time. The row's function has a
second way through it for a row of texts alone: it fills variables, and makes the slots and the diff from them in one
step each. The first tree of a table takes two thirds of the time.
"""

from collections.abc import Sequence

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.compiler import Body, TreeCompiler
from pyview.template.compiler.fields import write_dict_checks, write_value
from pyview.template.compiler.outputs import is_escaped, static_text
from pyview.template.tree.output import SMALL


def write_fresh_row(
    compiler: TreeCompiler, row: Body, statements: Sequence[nodes.Node], frame: Frame
) -> bool:
    """Write the way of a row without slots. Return False, with nothing written, if the row is not flat."""
    if frame.require_output_check or not is_escaped(compiler, frame):
        return False
    if not all(isinstance(each, nodes.Output) for each in statements):
        return False
    children = [child for each in statements for child in each.nodes]  # type: ignore[attr-defined]
    values = [child for child in children if static_text(compiler, child, frame) is None]
    # What a call renders into the tree, such as a macro, has slots of its own.
    if not values or any(isinstance(value, nodes.Call) for value in values):
        return False
    with compiler.indented(f"if {row.slots} is None:"):
        _write_values(compiler, values, frame)
    return True


def _write_values(compiler: TreeCompiler, values: Sequence[nodes.Expr], frame: Frame) -> None:
    compiler.writeline("_live = False")
    names = [f"_w{position}" for position in range(len(values))]
    checks = write_dict_checks(compiler, values, frame)
    for name, value in zip(names, values, strict=True):
        write_value(compiler, name, value, frame, checks)
        compiler.writeline(f"if type({name}) is str: {name} = _escape_text({name})")
        # What `number_text` does: most cells are numbers, and the call takes longer than the text.
        small = f"_TEXTS[{name}] if 0 <= {name} < {SMALL} else repr({name})"
        compiler.writeline(f"elif type({name}) is int: {name} = {small}")
        compiler.writeline(f"else: {name} = _escaped({name}); _live = _live or {name}.__class__ is not str")
    slots = f"[{', '.join(names)}]"
    diff = "{" + ", ".join(f"'{position}': {name}" for position, name in enumerate(names)) + "}"
    compiler.writeline(f"return _store_all(_render_pass, {slots}, {diff}) if _live else ({slots}, {diff})")
