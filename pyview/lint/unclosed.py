"""Elements in the templates of one class that are opened and never closed, closed and never opened, or crossed.

What one body leaves open another may close: a macro that begins a card and one that ends it, a header and a footer, two
branches on the same condition. Where that may be, nothing is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import nodes

from pyview.lint.balance import OpenTag, TagBody
from pyview.lint.finding import Finding
from pyview.lint.owners import Owner, TemplateOwner
from pyview.template.html_scanner import Tag

_NO_HTML = frozenset({".js", ".css", ".json", ".txt", ".md", ".csv"})


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of a body. `alone`: nothing that is not known can make up for it."""

    source: TemplateOwner
    body: TagBody
    alone: bool

    @property
    def opened(self) -> list[OpenTag]:
        return [*self.body.opened, *self.body.lost]

    @property
    def ends(self) -> list[Tag]:
        return [*self.body.closes, *(one.end for one in self.body.lost if one.end)]


def unclosed_elements(owner: Owner) -> Iterator[Finding]:
    left = list(_left_by(owner))
    for one in left:
        others = [other for other in left if other is not one]
        yield from _lost(one, others)
        if one.alone:
            yield from _never_closed(one, others)
            yield from _never_opened(one, others)


def _left_by(owner: Owner) -> Iterator[_Left]:
    complete = all(one.complete for one in (owner.templates, *owner.layouts) if one is not None)
    sources = [source for source in owner.sources if _NO_HTML.isdisjoint(Path(source.file).suffixes)]
    elsewhere = {body.block for source in sources for body in source.bodies if body.where != "text"}
    for source in sources:
        alone = complete and not any(one.name == "safe" for one in source.tree.find_all(nodes.Filter))
        for body in source.bodies:
            if body.block is None or body.block not in elsewhere:
                yield _Left(source, body, alone)


def _lost(left: _Left, others: Sequence[_Left]) -> Iterator[Finding]:
    for one in left.body.lost:
        late = one.end is not None and not _is_opened(one.end, others)
        if one.closer and (one.has_to_end or late) and not _is_closed(one, others):
            yield _finding(left.source, one.tag, _why_lost(one, one.closer, left.source))


def _why_lost(one: OpenTag, closer: Tag, source: TemplateOwner) -> str:
    name, line = one.tag.name, source.line(closer.line)
    if one.end is None:
        return f"<{name}> is still open where </{closer.name}> on line {line} closes what is around it"
    late = source.line(one.end.line)
    return f"<{name}> is closed in the wrong order: </{closer.name}> on line {line}, </{name}> on line {late}"


def _never_closed(left: _Left, others: Sequence[_Left]) -> Iterator[Finding]:
    for one in left.body.opened:
        met = any(one.is_ended_by(end) for end in left.body.closes)  # `</div><div>`, between two of many
        if one.has_to_end and not met and not _is_closed(one, others):
            name = one.tag.name
            slash = f": to HTML, <{name}/> is <{name}>" if one.tag.kind == "empty" else ""
            yield _finding(left.source, one.tag, f"<{name}> is never closed{slash}")


def _never_opened(left: _Left, others: Sequence[_Left]) -> Iterator[Finding]:
    for end in left.body.closes:
        met = any(one.is_ended_by(end) for one in left.body.opened)
        if not met and not _is_opened(end, others):
            yield _finding(left.source, end, f"</{end.name}> closes nothing: no <{end.name}> is open there")


def _is_closed(one: OpenTag, others: Sequence[_Left]) -> bool:
    return any(one.is_ended_by(end) for other in others for end in other.ends)


def _is_opened(end: Tag, others: Sequence[_Left]) -> bool:
    return any(one.is_ended_by(end) for other in others for one in other.opened)


def _finding(source: TemplateOwner, tag: Tag, text: str) -> Finding:
    return Finding(source.file, source.line(tag.line), "unclosed-element", text)
