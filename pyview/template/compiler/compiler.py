"""State of the compilation of one template, and the pieces of generated code that several statements need."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.idtracking import VAR_LOAD_ALIAS, VAR_LOAD_PARAMETER, VAR_LOAD_RESOLVE

from pyview.template.compiler.dependencies import Dependencies
from pyview.template.compiler.scopes import Bits, RowScope, UnitScope
from pyview.template.compiler.single_root import is_balanced, is_single_root
from pyview.template.tree.nodes import ALWAYS, NEW


class Gap:
    """A place in the generated code whose text is known later."""

    def __init__(self) -> None:
        self.text = ""


# No subclass of `io.IOBase`: the buffer is part of a reference cycle, so the finalizer of an IOBase would
# run at any depth of a deep recursion.
class SourceBuffer:
    """Stream that Jinja2's code generator writes to, with gaps."""

    def __init__(self) -> None:
        self._parts: list[str | Gap] = []

    def write(self, text: str, /) -> int:
        self._parts.append(text)
        return len(text)

    def gap(self) -> Gap:
        """Return a gap at the present end."""
        gap = Gap()
        self._parts.append(gap)
        return gap

    def getvalue(self) -> str:
        """Return everything that was written, with the gaps filled."""
        return self._text(0)

    def behind(self, gap: Gap) -> str:
        """Return everything that was written behind a gap, with the gaps filled."""
        return self._text(self._parts.index(gap) + 1)

    @contextmanager
    def dropping(self, line: str, name: str) -> Iterator[None]:
        """Drop a line, which is written inside, if nothing else that is written inside contains its `name`."""
        start = len(self._parts)
        yield
        found = [i for i in range(start, len(self._parts)) if name in str(self._parts[i])]
        if len(found) == 1 and self._parts[found[0]] == line:
            self._parts[found[0]] = "pass"  # and not nothing, because errors have the numbers of the lines

    def _text(self, start: int) -> str:
        return "".join(part.text if isinstance(part, Gap) else part for part in self._parts[start:])


class SlotSource(NamedTuple):
    """The node that a slot is made of, and the bits that it depends on."""

    node: nodes.Node
    mask: int


class Body:
    """A piece of a template that becomes one segment: a page, a block, a macro, a branch of an if, a loop's row.

    `slots`, `diff` and `mask_variable` are its variables in the generated code: the node, the diff of the node, and the
    bits of what has changed since the last render. `mask` are the bits that its slots depend on, as far as it is
    compiled. `key` is the expression for the key of a row.
    """

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
        # A row of nothing but texts, which its function can render at once: see `write_fresh_row`.
        self.is_flat = False
        # A slot whose HTML is unknown here may hold any tags. Then nothing is certain about the element around it.
        self.opaque = False
        self.origins: dict[int, SlotSource] = {}
        """Origins of its slots, by their positions, for tools that explain a diff."""
        # Lists, because one static text may be written in many parts.
        self._statics: list[list[str]] = [[]]

    def add_text(self, text: str) -> None:
        self._statics[-1].append(text)

    def add_slot(self) -> int:
        """Add a slot after the text so far, and return its position."""
        self._statics.append([])
        return len(self._statics) - 2

    def note_origin(self, position: int, node: nodes.Node, mask: int) -> None:
        """Note what the slot at `position` is made of."""
        self.origins[position] = SlotSource(node, mask)

    @property
    def last_slot(self) -> int:
        """Position of the slot that was added last."""
        return len(self._statics) - 2

    def statics(self) -> list[str]:
        """Return the texts around the slots: one more than there are slots."""
        return ["".join(parts) for parts in self._statics]

    def is_balanced(self) -> bool:
        return not self.opaque and is_balanced(self.statics())

    def is_single_root(self) -> bool:
        return not self.opaque and is_single_root(self.statics())


class Guard:
    """Condition of guarded code, found out while that code is written. `always` means that it runs at every render."""

    def __init__(self) -> None:
        self.mask = 0
        self.always = False


class TreeCompiler:
    """Compiler of one template. The functions of this folder, one for each kind of statement, take it as an argument.

    `jinja` is Jinja2's code generator. It writes all expressions, the functions that render to text, and the
    statements that have no function here. `body` is the body that statements write to, None while Jinja2 renders to
    text; `open_bodies` are the bodies of the present Python function, innermost last.

    The other arguments are what Jinja2's generator keeps to itself: `finalizer` returns its `finalize` function,
    `constant` the text of a constant expression, `assigned` the names assigned in each open scope.
    """

    def __init__(
        self,
        jinja: CodeGenerator,
        source: SourceBuffer,
        *,
        finalizer: Callable[[], Any],
        constant: Callable[[nodes.Expr, Frame, Any], str],
        assigned: list[set[str]],
    ) -> None:
        self.jinja = jinja
        self.environment = jinja.environment
        # An environment with rules of its own for fields, such as a sandbox, is asked for every one.
        self.has_field_rules = getattr(jinja.environment, "has_field_rules", True)
        self.finalizer = finalizer
        self.constant = constant
        self.assigned = assigned
        self.dependencies = Dependencies(jinja.environment)
        self.bodies: list[Body] = []
        self.body: Body | None = None
        self.open_bodies: list[Body] = []
        self.trust = 0
        self._source = source
        self._units = 0
        self.write = jinja.write
        self.writeline = jinja.writeline
        self.newline = jinja.newline
        self.visit = jinja.visit
        self.blockvisit = jinja.blockvisit

    def tree_body(self, frame: Frame) -> Body | None:
        """Return the body that statements of this frame write to, None where they render to text."""
        return self.body if frame.buffer is None else None

    def visit_with_jinja(self, node: nodes.Node, frame: Frame) -> None:
        """Compile a statement with Jinja2's own function for it. The statements inside are still compiled by ours."""
        getattr(CodeGenerator, f"visit_{type(node).__name__}")(self.jinja, node, frame)

    # -- state

    def new_body(self, scope: UnitScope) -> Body:
        body = Body(len(self.bodies) + 1, scope)
        self.bodies.append(body)
        return body

    @contextmanager
    def writing_to(self, body: Body) -> Iterator[None]:
        """Make `body` the one that statements write to."""
        outer, self.body = self.body, body
        self.open_bodies.append(body)
        yield
        self.open_bodies.pop()
        self.body = outer

    @contextmanager
    def unit_scope(self, outer: str | None) -> Iterator[UnitScope]:
        """Begin a unit. `outer` is the mask variable around a macro, whose bits the macro shares."""
        dependencies = self.dependencies
        saved = dependencies.unit, self.body, dependencies.conditions, self.open_bodies
        bits = saved[0].bits if saved[0] is not None else Bits()
        self._units += 1
        unit = dependencies.unit = UnitScope(self._units, bits, outer)
        self.body, dependencies.conditions, self.open_bodies = None, [], []
        yield unit
        dependencies.unit, self.body, dependencies.conditions, self.open_bodies = saved

    def enter_frame(self, frame: Frame) -> None:
        """Write the names of a frame, as Jinja2 does; context names come from the unit, which has them as inputs."""
        dependencies = self.dependencies
        undefined: list[str] = []
        for ref, (action, parameter) in frame.symbols.loads.items():
            # The function has its parameters already; their bits come from the unit.
            if action == VAR_LOAD_PARAMETER:
                continue
            dependencies.masks[ref] = 0
            dependencies.bound.discard(ref)
            if action == VAR_LOAD_RESOLVE and dependencies.unit is not None:
                self.writeline(f"{ref} = {dependencies.unit.variable(parameter)}")
            elif action == VAR_LOAD_ALIAS:
                self.writeline(f"{ref} = {parameter}")
            else:
                undefined.append(ref)
        if undefined:
            self.writeline(f"{' = '.join(undefined)} = missing")

    # -- pieces of source

    def gap(self) -> Gap:
        """Return a gap in the present line."""
        self.write("")  # Jinja2 writes pending line breaks before the next text: they belong before the gap
        return self._source.gap()

    def gap_line(self) -> Gap:
        """Return a gap that is a line of its own."""
        self.newline()
        return self.gap()

    def written_behind(self, gap: Gap) -> str:
        """Return the source behind a gap, as far as it is written."""
        return self._source.behind(gap)

    @contextmanager
    def indented(self, line: str | None = None, node: nodes.Node | None = None) -> Iterator[None]:
        """Write an indented block, after its first line if one is given."""
        if line is not None:
            self.writeline(line, node)
        self.jinja.indent()
        yield
        self.jinja.outdent()

    @contextmanager
    def guarded(self, body: Body, mask: int, node: nodes.Node) -> Iterator[None]:
        """Write code that only runs if one of the bits of `mask` is set."""
        body.mask |= mask
        body.note_origin(body.last_slot, node, mask)
        if mask & ALWAYS:
            yield
        else:
            with self.indented(f"if {body.mask_variable} & {mask or NEW}:", node):
                yield

    @contextmanager
    def guarded_later(self, body: Body, node: nodes.Node) -> Iterator[Guard]:
        """Write guarded code whose bits are found out while it is written."""
        guard, position = Guard(), body.last_slot
        self.writeline("if ", node)
        condition = self.gap()
        self.write(":")
        with self.indented():
            yield guard
        body.mask |= guard.mask
        body.note_origin(position, node, guard.mask | (ALWAYS if guard.always else 0))
        if guard.always or guard.mask & ALWAYS:
            # The branches are still guarded inside; only the block around them is entered each time.
            condition.text = "1"
        else:
            condition.text = f"{body.mask_variable} & {guard.mask or NEW}"

    def write_text_slot(self, body: Body, position: int) -> None:
        """Write code that stores the text in `_v` if it differs. A live value in `_v` is always stored."""
        slot = f"{body.slots}[{position}]"
        with self.indented(f"if _v != {slot}:"):
            self.writeline(f"if _v.__class__ is str: {slot} = {body.diff}['{position}'] = _v")
            self.writeline(f"else: _store_live(_render_pass, {body.slots}, {position}, {body.diff}, _v)")

    def write_tree_slot(self, body: Body, position: int) -> None:
        """Write code that stores the node or text in `_v`, where `_x` is its diff, or None if nothing changed."""
        self.writeline(f"if _x is not None: {body.slots}[{position}] = _v; {body.diff}['{position}'] = _x")

    def write_set_bit(self, bit: int, condition: str) -> None:
        """Write code that sets a bit while rendering, for everything that this function renders after it."""
        variables = [body.mask_variable for body in self.open_bodies]
        self.writeline(f"if {condition}: " + "; ".join(f"{each} |= {bit}" for each in variables))

    def write_nested(self, outer: Body, position: int, statements: Sequence[nodes.Node], frame: Frame) -> int:
        """Write a body that is nested in a slot of another, such as the branch of an if. Return its mask."""
        body = self.new_body(outer.scope)
        slot = f"{outer.slots}[{position}]"
        # Another branch may have filled the slot at the last render. The segment distinguishes them.
        self.writeline(f"{body.slots} = {slot}; {body.diff} = {{}}")
        self.writeline(
            f"if {body.slots}.__class__ is _Node and {body.slots}.segment is {body.segment}:"
            f" {body.mask_variable} = {outer.mask_variable}"
        )
        made = f"_new_node({body.segment}, _render_pass, {body.diff})"
        self.writeline(f"else: {body.mask_variable} = -1; {body.slots} = {slot} = {made}")
        with self.writing_to(body):
            self.blockvisit(statements, frame)
        self.writeline(f"if {body.diff}: {outer.diff}['{position}'] = {body.diff}")
        # An unbalanced branch may close the element around it, so nothing is certain about that element.
        if not body.is_balanced():
            outer.opaque = True
        return body.mask
