"""Which elements of a template are opened and not closed, or closed and not opened, in each of its bodies.

A body is what stands or falls as one: a file, a branch of a statement, a loop, a block, a macro. Branches that all open
and close the same are as if that stood in what is around them; of any others, what they leave is theirs.

Readers of HTML that meet again after a statement whose branches they read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from jinja2 import nodes

from pyview.template.html_scanner import HOLE, VOID_ELEMENTS, Scanner, Tag

_IN_TAG = frozenset({"name", "tag", "slash", "value", "bare"})


class UnknownStructure(Exception):
    """Where the branches of a statement end is not the same kind of place, so that nothing is certain from there on."""


def meeting(scanners: Sequence[Scanner]) -> Scanner:
    """Where a reader is after a statement whose branches end there. Raises `UnknownStructure`."""
    first = scanners[0].fork()
    places = {one.where for one in scanners}
    if places <= _IN_TAG:
        first.where = first.where if len(places) == 1 else "tag"
        first.name = first.name if len({one.name for one in scanners}) == 1 else HOLE
    elif places <= {"text", "raw"}:
        first.where = first.where if len({(one.where, one.name) for one in scanners}) == 1 else "text"
    elif len(places) > 1:
        raise UnknownStructure
    return first


_MAY_STAY_OPEN = frozenset(
    {
        *("html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "rt", "rp"),
        *("colgroup", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"),
    }
)
"""Those whose end tag HTML lets one leave out."""

_ONLY_HTML = frozenset(
    {
        *(
            "abbr",
            "address",
            "article",
            "aside",
            "audio",
            "b",
            "blockquote",
            "button",
            "canvas",
            "cite",
            "code",
        ),
        *("data", "datalist", "del", "details", "dfn", "dialog", "div", "dl", "em", "fieldset", "figcaption"),
        *(
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "i",
            "iframe",
            "ins",
            "kbd",
        ),
        *("label", "legend", "main", "mark", "menu", "meter", "nav", "noscript", "object", "ol", "output"),
        *("picture", "pre", "progress", "q", "s", "samp", "search", "section", "select", "slot", "small"),
        *("span", "strong", "sub", "summary", "sup", "table", "template", "textarea", "time", "u", "ul"),
        *("var", "video"),
    }
)
"""Those that a slash does not end, wherever they stand; for others it may be SVG in a file of its own."""

_NAMES = VOID_ELEMENTS | _MAY_STAY_OPEN | _ONLY_HTML
_WHOLE = frozenset(name for name in _ONLY_HTML if sum(one.startswith(name) for one in _NAMES) == 1)
"""Those whose name is no beginning of another one: in `<div{{ a }}>`, the value is no part of it."""

_SHOWN_BY_A_CHILD = (nodes.Block, nodes.Macro, nodes.AssignBlock)
"""What counts in a template that extends another."""

_FOREIGN = {"svg": True, "math": True, "foreignobject": False, "desc": False}


@dataclass(slots=True, eq=False)
class OpenTag:
    """An element that was opened. `closer` is the end tag that closed what is around it; `end` came after that."""

    tag: Tag
    closer: Tag | None = None
    end: Tag | None = None

    @property
    def has_to_end(self) -> bool:
        """Whether it is certain that HTML asks for its end tag."""
        name = self.tag.name
        slash_counts = self.tag.kind == "empty" and name not in _ONLY_HTML
        return self.tag.known and name not in _MAY_STAY_OPEN and not slash_counts

    def is_ended_by(self, end: Tag) -> bool:
        """Whether it may be; of a name that Jinja2 writes only the beginning is known."""
        if self.tag.known:
            return self.tag.name == end.name if end.known else self.tag.name.startswith(end.stem)
        return end.stem.startswith(self.tag.stem) or not end.known


@dataclass(slots=True, eq=False)
class TagBody:
    """What is left of a body. `block` is the block that it is in, `where` the kind of place at which it begins."""

    where: str = "text"
    block: str | None = None
    opened: list[OpenTag] = field(default_factory=list)
    lost: list[OpenTag] = field(default_factory=list)
    closes: list[Tag] = field(default_factory=list)

    @property
    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What it does to what is around it."""
        return tuple(tag.name for tag in self.closes), tuple(one.tag.name for one in self.opened)


def bodies(tree: nodes.Template) -> list[TagBody]:
    """Those of a template. None where its tags are not the same whichever branches are taken."""
    found: list[TagBody] = []
    try:
        if tree.find(nodes.Extends) is None:
            _Walk(found).apart(tree.body)
        else:
            _Walk(found).through([node for node in tree.body if isinstance(node, _SHOWN_BY_A_CHILD)])
    except UnknownStructure:
        return []
    return found


class _Walk:
    """Goes through one body. `found` gets it once it is known to stand alone."""

    def __init__(
        self, found: list[TagBody], scanner: Scanner | None = None, around: "_Walk | None" = None
    ) -> None:
        self._found = found
        self._around = around
        self.scanner = scanner or Scanner()
        self.body = TagBody(self.scanner.where)

    def through(self, statements: Sequence[nodes.Node]) -> None:
        for node in statements:
            self._visit(node)

    def apart(
        self, statements: Sequence[nodes.Node], block: str | None = None, *, here: bool = False
    ) -> None:
        """Go through a body that stands alone; `here`: its text comes where it is written."""
        inner = _Walk(self._found, self.scanner.fork() if here else None, self if here else None)
        inner.body.block = block or self.body.block
        inner.through(statements)
        meeting([Scanner(inner.body.where), inner.scanner])
        self._found.append(inner.body)

    def _visit(self, node: nodes.Node) -> None:
        match node:
            case nodes.Output():
                self._output(node)
            case nodes.If():
                self._fork([node.body, *(one.body for one in node.elif_), node.else_])
            case nodes.For():
                self._fork([node.body, []])
                self._fork([node.else_, []])
            case nodes.Block():
                self.apart(node.body, node.name, here=True)
            case nodes.Macro() | nodes.AssignBlock():
                self.apart(node.body)
            case nodes.CallBlock() | nodes.FilterBlock():
                self.apart(node.body, here=True)
            case nodes.Stmt():
                self.through(getattr(node, "body", ()))

    def _output(self, node: nodes.Output) -> None:
        for part in node.nodes:
            text = part.data if isinstance(part, nodes.TemplateData) else HOLE
            for tag in self.scanner.read(text, part.lineno):
                self._see(replace(tag, name=tag.stem) if tag.stem in _WHOLE else tag)

    def _fork(self, branches: Sequence[Sequence[nodes.Node]]) -> None:
        walks = [_Walk(self._found, self.scanner.fork(), self) for _ in branches]
        for walk, branch in zip(walks, branches, strict=True):
            walk.body.block = self.body.block
            walk.through(branch)
        self.scanner = meeting([walk.scanner for walk in walks])
        bodies = [walk.body for walk in walks]
        if len({body.shape for body in bodies}) == 1:
            self._take_in(bodies)
        else:
            self._found += bodies

    def _take_in(self, bodies: Sequence[TagBody]) -> None:
        for body in bodies:
            self.body.lost += body.lost
        for tag in bodies[0].closes:
            self._close(tag)
        self.body.opened += bodies[0].opened

    def _see(self, tag: Tag) -> None:
        if tag.stem in VOID_ELEMENTS:
            return
        if tag.kind == "end":
            self._close(tag)
        elif not (tag.kind == "empty" and (tag.name in ("svg", "math") or self._in_foreign_content())):
            self.body.opened.append(OpenTag(tag))

    def _in_foreign_content(self) -> bool:
        """Whether a slash ends an element: in SVG and MathML."""
        names = (one.tag.name for one in reversed(self.body.opened))
        found = next((_FOREIGN[name] for name in names if name in _FOREIGN), None)
        if found is not None or self._around is None:
            return bool(found)
        return self._around._in_foreign_content()

    def _close(self, end: Tag) -> None:
        opened = self.body.opened
        at = _last(opened, lambda one: one.is_ended_by(end))
        if at is not None:
            for inner in opened[at + 1 :]:
                inner.closer = end
            self.body.lost += opened[at + 1 :]
            del opened[at:]
        elif end.known:
            self._close_too_late(end)

    def _close_too_late(self, end: Tag) -> None:
        lost = self.body.lost
        at = _last(lost, lambda one: one.end is None and one.is_ended_by(end))
        if at is None:
            self.body.closes.append(end)
        else:
            lost[at].end = end


def _last(those: Sequence[OpenTag], fits: Callable[[OpenTag], bool]) -> int | None:
    return next((at for at in reversed(range(len(those))) if fits(those[at])), None)
