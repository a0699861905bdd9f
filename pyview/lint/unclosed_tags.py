"""Find the tags that each body of a template leaves open, or closes without having opened them.

A body is a part of a template that is rendered as a whole or not at all: a file, a branch of an `if`, the body of a
loop, a block, a macro. If all branches of a statement open and close the same elements, their tags count as tags of the
body around the statement. Otherwise each branch is a body of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from jinja2 import nodes

from pyview.template.html_scanner import PLACEHOLDER, VOID_ELEMENTS, Scanner, Tag

_IN_TAG = frozenset({"name", "tag", "slash", "value", "bare"})


class UnknownStructure(Exception):
    """The branches of a statement end in different kinds of places, so nothing after it is certain."""


def join_branches(scanners: Sequence[Scanner]) -> Scanner:
    """Return a scanner for the text after a statement, given the scanners of its branches.

    Raises `UnknownStructure`.
    """
    first = scanners[0].fork()
    kinds = {one.where for one in scanners}
    if kinds <= _IN_TAG:
        first.where = first.where if len(kinds) == 1 else "tag"
        first.name = first.name if len({one.name for one in scanners}) == 1 else PLACEHOLDER
    elif kinds <= {"text", "raw"}:
        first.where = first.where if len({(one.where, one.name) for one in scanners}) == 1 else "text"
    elif len(kinds) > 1:
        raise UnknownStructure
    return first


_MAY_STAY_OPEN = frozenset(
    {
        *("html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "rt", "rp"),
        *("colgroup", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"),
    }
)
"""Elements whose end tag HTML allows to leave out."""

_ONLY_HTML = frozenset(
    {
        *("abbr", "article", "aside", "audio", "b", "blockquote", "button", "canvas", "cite", "code", "data"),
        *("datalist", "del", "details", "dfn", "dialog", "div", "dl", "em", "fieldset", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "i", "iframe", "ins"),
        *("kbd", "label", "legend", "main", "mark", "menu", "meter", "nav", "noscript", "object", "ol"),
        *("output", "picture", "pre", "progress", "q", "s", "samp", "search", "section", "select", "slot"),
        *("small", "span", "strong", "sub", "summary", "sup", "table", "template", "textarea", "time", "u"),
        *("ul", "var", "video"),
    }
)
"""Elements that exist in HTML alone: a slash never ends them. Other names may be SVG in a file of its own."""

_NAMES = VOID_ELEMENTS | _MAY_STAY_OPEN | _ONLY_HTML
_WHOLE = frozenset(name for name in _ONLY_HTML if sum(one.startswith(name) for one in _NAMES) == 1)
"""Elements whose name begins no other name: in `<div{{ a }}>` the value is no part of the name."""

_SHOWN_BY_A_CHILD = (nodes.Block, nodes.Macro, nodes.AssignBlock)
"""The statements of a template that extends another: Jinja2 ignores all others."""

# HTML standard, "HTML integration points": inside these two elements of SVG the parser reads HTML again.
_FOREIGN = {"svg": True, "math": True, "foreignobject": False, "desc": False}


@dataclass(slots=True, eq=False)
class OpenTag:
    """An element that was opened and not closed in order.

    `closer` is the end tag that closed an element around it. `end` is its own end tag, if one came after that.
    """

    tag: Tag
    closer: Tag | None = None
    end: Tag | None = None

    @property
    def has_to_end(self) -> bool:
        """True if HTML certainly requires the end tag."""
        name = self.tag.name
        slash_counts = self.tag.kind == "empty" and name not in _ONLY_HTML
        return self.tag.known and name not in _MAY_STAY_OPEN and not slash_counts

    def is_ended_by(self, end: Tag) -> bool:
        """Return True if `end` may end this element; of a name with a placeholder only the beginning is known."""
        if self.tag.known:
            return self.tag.name == end.name if end.known else self.tag.name.startswith(end.stem)
        return end.stem.startswith(self.tag.stem) or not end.known


@dataclass(slots=True, eq=False)
class TagBody:
    """The unbalanced tags of a body: those it leaves `opened`, those it `closes`, those `crossed` by another end tag.

    `block` is the name of the block around it. `where` is the kind of place at which it begins, see `Scanner`.
    """

    where: str = "text"
    block: str | None = None
    opened: list[OpenTag] = field(default_factory=list)
    crossed: list[OpenTag] = field(default_factory=list)
    closes: list[Tag] = field(default_factory=list)

    @property
    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the elements that it closes and opens, for comparison with other branches."""
        return tuple(tag.name for tag in self.closes), tuple(one.tag.name for one in self.opened)


def tag_bodies(tree: nodes.Template) -> list[TagBody]:
    """Return the bodies of a template; none if its structure depends on the branches that are rendered."""
    found: list[TagBody] = []
    try:
        if tree.find(nodes.Extends) is None:
            _BodyWalk(found).visit_separate(tree.body)
        else:
            _BodyWalk(found).visit_all([node for node in tree.body if isinstance(node, _SHOWN_BY_A_CHILD)])
    except UnknownStructure:
        return []
    return found


class _BodyWalk:
    """Reads one body. Bodies that are separate from the text around them are appended to `found`."""

    def __init__(
        self, found: list[TagBody], scanner: Scanner | None = None, outer: "_BodyWalk | None" = None
    ) -> None:
        self._found = found
        self._outer = outer
        self.scanner = scanner or Scanner()
        self.body = TagBody(self.scanner.where)

    def visit_all(self, statements: Sequence[nodes.Node]) -> None:
        for node in statements:
            self._visit(node)

    def visit_separate(
        self, statements: Sequence[nodes.Node], block: str | None = None, *, in_place: bool = False
    ) -> None:
        """Read a separate body. `in_place` is True if its text is rendered where it is written."""
        inner = _BodyWalk(self._found, self.scanner.fork() if in_place else None, self if in_place else None)
        inner.body.block = block or self.body.block
        inner.visit_all(statements)
        # Called for its exception: after a body that ends in another kind of place than it began in, such as
        # inside a tag, nothing is certain.
        join_branches([Scanner(inner.body.where), inner.scanner])
        self._found.append(inner.body)

    def _visit(self, node: nodes.Node) -> None:
        match node:
            case nodes.Output():
                self._output(node)
            case nodes.If():
                self._fork([node.body, *(one.body for one in node.elif_), node.else_])
            # A loop may not run at all, so its body has to be balanced, or equal to nothing.
            case nodes.For():
                self._fork([node.body, []])
                self._fork([node.else_, []])
            case nodes.Block():
                self.visit_separate(node.body, node.name, in_place=True)
            case nodes.Macro() | nodes.AssignBlock():
                self.visit_separate(node.body)
            case nodes.CallBlock() | nodes.FilterBlock():
                self.visit_separate(node.body, in_place=True)
            case nodes.Stmt():
                self.visit_all(getattr(node, "body", ()))

    def _output(self, node: nodes.Output) -> None:
        for part in node.nodes:
            text = part.data if isinstance(part, nodes.TemplateData) else PLACEHOLDER
            for tag in self.scanner.read(text, part.lineno):
                self._add(replace(tag, name=tag.stem) if tag.stem in _WHOLE else tag)

    def _fork(self, branches: Sequence[Sequence[nodes.Node]]) -> None:
        walks = [_BodyWalk(self._found, self.scanner.fork(), self) for _ in branches]
        for walk, branch in zip(walks, branches, strict=True):
            walk.body.block = self.body.block
            walk.visit_all(branch)
        self.scanner = join_branches([walk.scanner for walk in walks])
        bodies = [walk.body for walk in walks]
        # Which branch is rendered is not known: report each only if no other body can balance it.
        if len({body.shape for body in bodies}) > 1:
            self._found += bodies
            return
        for body in bodies:
            self.body.crossed += body.crossed
        for tag in bodies[0].closes:
            self._close(tag)
        self.body.opened += bodies[0].opened

    def _add(self, tag: Tag) -> None:
        if tag.stem in VOID_ELEMENTS:
            return
        if tag.kind == "end":
            self._close(tag)
        elif not (tag.kind == "empty" and (tag.name in ("svg", "math") or self.in_foreign_content())):
            self.body.opened.append(OpenTag(tag))

    def in_foreign_content(self) -> bool:
        """Return True inside SVG and MathML, where a slash ends an element."""
        names = (one.tag.name for one in reversed(self.body.opened))
        found = next((_FOREIGN[name] for name in names if name in _FOREIGN), None)
        if found is not None or self._outer is None:
            return bool(found)
        return self._outer.in_foreign_content()

    def _close(self, end: Tag) -> None:
        opened = self.body.opened
        at = _last(opened, lambda one: one.is_ended_by(end))
        if at is not None:
            for inner in opened[at + 1 :]:
                inner.closer = end
            self.body.crossed += opened[at + 1 :]
            del opened[at:]
            return
        # An end tag with a computed name may end an element of another body.
        if not end.known:
            return
        crossed = self.body.crossed
        at = _last(crossed, lambda one: one.end is None and one.is_ended_by(end))
        if at is None:
            self.body.closes.append(end)
        else:
            crossed[at].end = end  # its own end tag comes too late


def _last(tags: Sequence[OpenTag], fits: Callable[[OpenTag], bool]) -> int | None:
    return next((at for at in reversed(range(len(tags))) if fits(tags[at])), None)
