"""Units, which compare their inputs before they render, and the constants of all segments at the module's end."""

from collections.abc import Callable, Iterable, Sequence

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.compiler import Body, Gap, TreeCompiler
from pyview.template.compiler.scans import scans_of, write_scans
from pyview.template.compiler.scopes import UnitScope
from pyview.template.tree.nodes import ALWAYS


class _Comparison:
    """The gaps in the code that compares a unit's inputs. The inputs are known once the unit has been written."""

    def __init__(self, changes: Gap, guard: Gap, values: Gap) -> None:
        self._changes = changes
        self._guard = guard
        self._values = values

    def fill(self, mask: int, variables: Sequence[str]) -> None:
        """Fill the gaps. `mask` are the bits that the unit depends on, `variables` hold its inputs."""
        # Generated code compares identities itself: most inputs are the same object, and a call costs more than that.
        compared = (
            f" | (0 if {each} is _inputs[{i}] else _changed(_previous, {i}, {each}))"
            for i, each in enumerate(variables)
        )
        self._changes.text = "".join(compared)
        self._guard.text = str(mask)
        self._values.text = "(" + "".join(f"{each}, " for each in variables) + ")"


def write_unit(
    compiler: TreeCompiler,
    unit: UnitScope,
    frame: Frame,
    statements: Iterable[nodes.Node],
    *,
    prepare: Callable[[], None] | None = None,
    pulls: bool = True,
) -> Body:
    """Write the rest of a unit's function: compare the inputs, return if nothing changed, else render.

    `prepare` writes what comes before the comparison: the defaults of a macro. `pulls`: look the filters
    and tests of the statements up in this function; a macro uses those of the function around it.
    """
    body = compiler.new_body(unit)
    body.is_unit = True
    # Only the compiled statements show which names the unit reads. So the lines that look them up and compare them are
    # gaps here, filled at the end.
    resolved = compiler.gap_line()
    compiler.enter_frame(frame)
    if prepare is not None:
        prepare()
    comparison = _write_comparison(compiler, body, unit)
    if pulls:
        compiler.jinja.pull_dependencies(statements)
    with compiler.writing_to(body):
        compiler.blockvisit(statements, frame)
    compiler.writeline(f"return {body.slots}, ({body.diff} or None)")
    comparison.fill(body.mask, [*unit.parameters, *(variable for variable, _ in unit.names.values())])
    resolved.text = resolutions(unit)
    return body


def resolutions(unit: UnitScope) -> str:
    """Return the line that looks up all context names of a unit."""
    # Names are looked up once at the start, in one place: the same value is compared, printed and retained.
    # Nearly all are names of the view. A call for each would take 0.1 microseconds more.
    found = (
        f"{variable} = _names[{name!r}] if {name!r} in _names else context.resolve_or_missing({name!r})"
        for name, (variable, _) in unit.names.items()
    )
    # Names that the template has bound take precedence.
    return "; ".join(["_names = {} if context.vars else context.parent", *found]) if unit.names else "pass"


def _write_comparison(compiler: TreeCompiler, body: Body, unit: UnitScope) -> _Comparison:
    slots, diff, mask = body.slots, body.diff, body.mask_variable
    with compiler.indented(f"if _previous.__class__ is _Unit and _previous.segment is {body.segment}:"):
        outer = f" | {unit.outer}" if unit.outer else ""
        compiler.writeline(f"{slots} = _previous; _inputs = _previous.inputs; {mask} = {ALWAYS}{outer}")
        changes = compiler.gap()
        compiler.writeline(f"if not {mask} & ")
        guard = compiler.gap()
        compiler.write(": return _previous, None")
        compiler.writeline(f"{diff} = {{}}")
    with compiler.indented("else:"):
        compiler.writeline(f"{diff} = {{}}; {mask} = -1; {slots} = _new_unit({body.segment}, ")
        values = compiler.gap()
        compiler.write(f", _render_pass, {diff})")
    return _Comparison(changes, guard, values)


def write_segments(compiler: TreeCompiler) -> None:
    """Write the segment of every body, and the scans and key functions of rows."""
    for body in compiler.bodies:
        if body.rows is not None:
            write_scans(compiler, body.number, body.rows)
        compiler.writeline(f"{body.segment} = {_segment_of(compiler, body)}")
        if body.rows is not None:
            compiler.writeline(f"_key_{body.number} = {body.key}")


def _segment_of(compiler: TreeCompiler, body: Body) -> str:
    fingerprint = f"{compiler.jinja.name or 'template'}#{body.number}"
    arguments = [repr(fingerprint), repr(body.statics()), str(body.mask), f"trust={compiler.trust}"]
    if body.rows is not None:
        rows = body.rows
        arguments.append(f"item={rows.item}, position={rows.position}, length={rows.length}")
        arguments.append(f"fields={rows.fields!r}, scans={scans_of(body.number, rows)}, flat={body.is_flat}")
        return f"_RowSegment({', '.join(arguments)})"
    if body.is_unit:
        bits = (*body.scope.parameters.values(), *(bit for _, bit in body.scope.names.values()))
        arguments.append(f"bits={bits!r}, names={tuple(body.scope.names)!r}")
    if body.is_single_root():
        arguments.append("root=True")
    return f"_Segment({', '.join(arguments)})"
