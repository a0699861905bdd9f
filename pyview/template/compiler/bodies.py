"""Bodies of the tree in generated code: their slots, nested bodies, and units that compare their inputs.

The text being generated, with gaps that are filled when what belongs there is known.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOBase
from typing import TextIO, cast

from jinja2 import nodes
from jinja2.compiler import Frame
from jinja2.environment import Environment

from pyview.template.compiler.dependencies import Bits, DependencyTracker, RowScope, UnitScope
from pyview.template.compiler.single_root import is_balanced, is_single_root
from pyview.template.tree.nodes import ALWAYS, NEW


class Gap:
    """A place in the source whose text comes later."""

    def __init__(self) -> None:
        self.text = ""


class CodeWriter(TextIOBase):
    """The stream that a code generator writes to."""

    def __init__(self) -> None:
        self._parts: list[str | Gap] = []

    def write(self, text: str, /) -> int:
        self._parts.append(text)
        return len(text)

    def gap(self) -> Gap:
        """A gap at the present end."""
        gap = Gap()
        self._parts.append(gap)
        return gap

    def getvalue(self) -> str:
        """All that was written, gaps filled."""
        return "".join(part.text if isinstance(part, Gap) else part for part in self._parts)


class Body:
    """A body being compiled: its statics so far, the bits its slots depend on, its variables in the generated code."""

    def __init__(self, number: int, scope: UnitScope) -> None:
        self.number = number
        self.scope = scope
        self.slots = f"_s{number}"
        self.diff = f"_d{number}"
        self.mask_variable = f"_c{number}"
        self.segment = f"_segment_{number}"
        self.mask = 0
        self.rows: RowScope | None = None
        self.key = "None"
        self.is_unit = False
        # A slot whose HTML is not known here may hold anything but text: no root flag around it.
        self.opaque = False
        self._statics: list[list[str]] = [[]]

    def add_text(self, text: str) -> None:
        self._statics[-1].append(text)

    def add_slot(self) -> int:
        """Another slot after the text so far; its position."""
        self._statics.append([])
        return len(self._statics) - 2

    def statics(self) -> list[str]:
        return ["".join(parts) for parts in self._statics]

    def is_balanced(self) -> bool:
        return not self.opaque and is_balanced(self.statics())

    def is_single_root(self) -> bool:
        return not self.opaque and is_single_root(self.statics())


class MissingNameGuard:
    """What decides whether guarded code runs: known when that code is written."""

    def __init__(self) -> None:
        self.mask = 0
        self.open = False


class Comparison:
    """Where a unit compares its inputs: what those are is known when the unit has been written."""

    def __init__(self, changes: Gap, guard: Gap, values: Gap) -> None:
        self._changes = changes
        self._guard = guard
        self._values = values

    def fill(self, mask: int, variables: Sequence[str]) -> None:
        """`mask` are the bits that the unit depends on, `variables` hold its inputs."""
        compared = (
            f" | (0 if {each} is _inputs[{i}] else _changed(_previous, {i}, {each}))"
            for i, each in enumerate(variables)
        )
        self._changes.text = "".join(compared)
        self._guard.text = str(mask)
        self._values.text = "(" + "".join(f"{each}, " for each in variables) + ")"


class BodyWriter(DependencyTracker):
    """Writes the frame of every body; which statements are in it is decided further down."""

    def __init__(
        self,
        environment: Environment,
        name: str | None,
        filename: str | None,
        stream: TextIO | None = None,
        defer_init: bool = False,
        optimized: bool = True,
    ) -> None:
        self.source = CodeWriter()
        super().__init__(environment, name, filename, cast(TextIO, self.source), defer_init, optimized)
        self._wanted_stream = stream
        self.all_bodies: list[Body] = []
        self.body: Body | None = None
        # The bodies open in the present function, innermost last: a bit found out while rendering is set in all.
        self.open_bodies: list[Body] = []
        self.trust = 0
        self._units = 0

    def tree_body(self, frame: Frame) -> Body | None:
        """The body that statements of this frame write to; None where Jinja2 renders to text."""
        return self.body if frame.buffer is None else None

    # -- pieces of source

    def gap(self) -> Gap:
        """A place in the present line whose text comes later."""
        self.write("")
        return self.source.gap()

    def gap_line(self) -> Gap:
        """A line whose text comes later."""
        self.newline()
        return self.gap()

    @contextmanager
    def indented(self, line: str | None = None, node: nodes.Node | None = None) -> Iterator[None]:
        """Write within an indented block, after its first line if one is given."""
        if line is not None:
            self.writeline(line, node)
        self.indent()
        yield
        self.outdent()

    @contextmanager
    def guarded(self, body: Body, mask: int, node: nodes.Node) -> Iterator[None]:
        """Write what only runs if one of the bits is set."""
        body.mask |= mask
        if mask & ALWAYS:
            yield
        else:
            with self.indented(f"if {body.mask_variable} & {mask or NEW}:", node):
                yield

    @contextmanager
    def guarded_by(self, body: Body, node: nodes.Node) -> Iterator[MissingNameGuard]:
        """Like `guarded`, where the mask is found out within."""
        guard = MissingNameGuard()
        self.writeline("if ", node)
        condition = self.gap()
        self.write(":")
        with self.indented():
            yield guard
        body.mask |= guard.mask
        if guard.open or guard.mask & ALWAYS:
            condition.text = "1"
        else:
            condition.text = f"{body.mask_variable} & {guard.mask or NEW}"

    def write_text_slot(self, body: Body, position: int) -> None:
        """Write what stores a text, given as `_v`, if it differs; or a live value, which always does."""
        slot = f"{body.slots}[{position}]"
        with self.indented(f"if _v != {slot}:"):
            self.writeline(f"if _v.__class__ is str: {slot} = {body.diff}['{position}'] = _v")
            self.writeline(f"else: _store_live(_fresh, {body.slots}, {position}, {body.diff}, _v)")

    def write_tree_slot(self, body: Body, position: int) -> None:
        """Write what stores a slot that is a tree or a text, given as `_v`, with `_x` for what changed."""
        self.writeline(f"if _x is not None: {body.slots}[{position}] = _v; {body.diff}['{position}'] = _x")

    def write_set_bit(self, bit: int, condition: str) -> None:
        """Write what sets a bit found out while rendering, for all that is rendered after it."""
        variables = [body.mask_variable for body in self.open_bodies]
        self.writeline(f"if {condition}: " + "; ".join(f"{each} |= {bit}" for each in variables))

    # -- bodies

    def new_body(self, scope: UnitScope) -> Body:
        body = Body(len(self.all_bodies) + 1, scope)
        self.all_bodies.append(body)
        return body

    @contextmanager
    def writing_to(self, body: Body) -> Iterator[None]:
        """Make `body` the one that statements write to."""
        outer, self.body = self.body, body
        self.open_bodies.append(body)
        yield
        self.open_bodies.pop()
        self.body = outer

    def write_nested(self, outer: Body, position: int, statements: Sequence[nodes.Node], frame: Frame) -> int:
        """A nested body in a slot of another: the branch of an if. Returns its mask."""
        body = self.new_body(outer.scope)
        slot = f"{outer.slots}[{position}]"
        self.writeline(f"{body.slots} = {slot}; {body.diff} = {{}}")
        self.writeline(
            f"if {body.slots}.__class__ is _Node and {body.slots}.segment is {body.segment}:"
            f" {body.mask_variable} = {outer.mask_variable}"
        )
        made = f"_new_node({body.segment}, _fresh, {body.diff})"
        self.writeline(f"else: {body.mask_variable} = -1; {body.slots} = {slot} = {made}")
        with self.writing_to(body):
            self.blockvisit(statements, frame)
        self.writeline(f"if {body.diff}: {outer.diff}['{position}'] = {body.diff}")
        if not body.is_balanced():
            outer.opaque = True
        return body.mask

    # -- units

    @contextmanager
    def unit_scope(self, outer: str | None) -> Iterator[UnitScope]:
        """A unit being compiled; `outer` is the mask variable around a macro, whose bits it shares."""
        saved = self.unit, self.body, self.conditions, self.open_bodies
        bits = saved[0].bits if saved[0] is not None else Bits()
        self._units += 1
        self.unit = UnitScope(self._units, bits, outer)
        self.body, self.conditions, self.open_bodies = None, [], []
        yield self.unit
        self.unit, self.body, self.conditions, self.open_bodies = saved

    def write_unit(
        self,
        unit: UnitScope,
        frame: Frame,
        statements: Iterable[nodes.Node],
        *,
        prepare: Callable[[], None] | None = None,
        pulls: bool = True,
    ) -> Body:
        """The rest of a unit's function: compare the inputs, leave if nothing changed, else render.

        `prepare` writes what belongs before the comparison: the defaults of a macro.
        """
        body = self.new_body(unit)
        body.is_unit = True
        resolved = self.gap_line()
        self.enter_tree_frame(frame)
        if prepare is not None:
            prepare()
        comparison = self._write_comparison(body, unit)
        if pulls:
            self.pull_dependencies(statements)
        with self.writing_to(body):
            self.blockvisit(statements, frame)
        self.writeline(f"return {body.slots}, ({body.diff} or None)")
        comparison.fill(body.mask, [*unit.parameters, *(variable for variable, _ in unit.names.values())])
        resolved.text = self.resolutions(unit)
        return body

    @staticmethod
    def resolutions(unit: UnitScope) -> str:
        """The line that looks up all context names of a unit."""
        return (
            "; ".join(f"{variable} = resolve({name!r})" for name, (variable, _) in unit.names.items())
            or "pass"
        )

    def _write_comparison(self, body: Body, unit: UnitScope) -> "Comparison":
        slots, diff, mask = body.slots, body.diff, body.mask_variable
        with self.indented(f"if _previous.__class__ is _Unit and _previous.segment is {body.segment}:"):
            outer = f" | {unit.outer}" if unit.outer else ""
            self.writeline(f"{slots} = _previous; _inputs = _previous.inputs; {mask} = {ALWAYS}{outer}")
            changes = self.gap()
            self.writeline(f"if not {mask} & ")
            guard = self.gap()
            self.write(": return _previous, None")
            self.writeline(f"{diff} = {{}}")
        with self.indented("else:"):
            self.writeline(f"{diff} = {{}}; {mask} = -1; {slots} = _new_unit({body.segment}, ")
            values = self.gap()
            self.write(f", _fresh, {diff})")
        return Comparison(changes, guard, values)

    # -- the module's end

    def write_segments(self) -> None:
        """The constants of all bodies."""
        for body in self.all_bodies:
            fingerprint = f"{self.name or 'template'}#{body.number}"
            arguments = [repr(fingerprint), repr(body.statics()), str(body.mask)]
            self.writeline(f"{body.segment} = {self._segment_call(body, arguments)}")
            if body.rows is not None:
                self.writeline(f"_key_{body.number} = {body.key}")

    def _segment_call(self, body: Body, arguments: list[str]) -> str:
        arguments.append(f"trust={self.trust}")
        if body.rows is not None:
            rows = body.rows
            arguments.append(f"item={rows.item}, position={rows.position}, length={rows.length}")
            arguments.append(f"fields={rows.fields!r}")
            return f"_RowSegment({', '.join(arguments)})"
        if body.is_unit:
            bits = (*body.scope.parameters.values(), *(bit for _, bit in body.scope.names.values()))
            arguments.append(f"bits={bits!r}, names={tuple(body.scope.names)!r}")
        if body.is_single_root():
            arguments.append("root=True")
        return f"_Segment({', '.join(arguments)})"

    def finish(self) -> None:
        """Hand the source to whoever gave a stream of his own."""
        if self._wanted_stream is not None:
            self._wanted_stream.write(self.source.getvalue())
