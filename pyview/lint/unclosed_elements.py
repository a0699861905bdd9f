"""Rule about elements that are opened and not closed, closed and not opened, or closed in the wrong order.

One body may close an element that another opens: a macro that begins a card and a macro that ends it, a header and a
footer file, two branches on the same condition. Where that is possible, nothing is reported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import nodes

from pyview.lint.finding import Finding
from pyview.lint.template_files import ParsedTemplate
from pyview.lint.template_users import TemplateUser
from pyview.lint.unclosed_tags import OpenTag, TagBody
from pyview.template.html_scanner import Tag

_NO_HTML = frozenset({".js", ".css", ".json", ".txt", ".md", ".csv"})


@dataclass(frozen=True, slots=True)
class _Unbalanced:
    """The unbalanced tags of a body. `certain` is True if no text outside the known templates can balance them."""

    source: ParsedTemplate
    body: TagBody
    certain: bool

    @property
    def opened(self) -> list[OpenTag]:
        return [*self.body.opened, *self.body.crossed]

    @property
    def ends(self) -> list[Tag]:
        return [*self.body.closes, *(one.end for one in self.body.crossed if one.end)]


def unclosed_elements(user: TemplateUser) -> Iterator[Finding]:
    """Report unbalanced tags in the templates and the layout of one class."""
    unbalanced = list(_unbalanced_bodies(user))
    for one in unbalanced:
        others = [other for other in unbalanced if other is not one]
        yield from _crossed(one, others)
        if one.certain:
            yield from _never_closed(one, others)
            yield from _never_opened(one, others)


def _unbalanced_bodies(user: TemplateUser) -> Iterator[_Unbalanced]:
    complete = all(used.complete for used in user.all_templates)
    sources = [source for source in user.sources if _NO_HTML.isdisjoint(Path(source.file).suffixes)]
    # A block that a parent template writes inside a script or a comment holds no tags, even if it looks like it.
    not_text = {body.block for source in sources for body in source.bodies if body.where != "text"}
    for source in sources:
        # A value with `|safe`, or a file whose name is computed, may hold the tag that seems to be missing.
        certain = complete and not any(one.name == "safe" for one in source.tree.find_all(nodes.Filter))
        for body in source.bodies:
            if body.block is None or body.block not in not_text:
                yield _Unbalanced(source, body, certain)


def _crossed(unbalanced: _Unbalanced, others: Sequence[_Unbalanced]) -> Iterator[Finding]:
    for one in unbalanced.body.crossed:
        late = one.end is not None and not _is_opened(one.end, others)
        if one.closer and (one.has_to_end or late) and not _is_closed(one, others):
            text = _why_crossed(one, one.closer, unbalanced.source)
            yield _finding(unbalanced.source, one.tag, text)


def _why_crossed(one: OpenTag, closer: Tag, source: ParsedTemplate) -> str:
    name, line = one.tag.name, source.line(closer.line)
    if one.end is None:
        return f"<{name}> is still open where </{closer.name}> on line {line} closes an element around it"
    late = source.line(one.end.line)
    return f"<{name}> is closed in the wrong order: </{closer.name}> on line {line}, </{name}> on line {late}"


def _never_closed(unbalanced: _Unbalanced, others: Sequence[_Unbalanced]) -> Iterator[Finding]:
    for one in unbalanced.body.opened:
        # A body `</div><div>` ends the element that the row before it left open.
        closed_by_next = any(one.is_ended_by(end) for end in unbalanced.body.closes)
        if one.has_to_end and not closed_by_next and not _is_closed(one, others):
            name = one.tag.name
            slash = f": HTML reads <{name}/> as <{name}>" if one.tag.kind == "empty" else ""
            yield _finding(unbalanced.source, one.tag, f"<{name}> is never closed{slash}")


def _never_opened(unbalanced: _Unbalanced, others: Sequence[_Unbalanced]) -> Iterator[Finding]:
    for end in unbalanced.body.closes:
        opened_by_previous = any(one.is_ended_by(end) for one in unbalanced.body.opened)
        if not opened_by_previous and not _is_opened(end, others):
            yield _finding(
                unbalanced.source, end, f"</{end.name}> closes nothing: no <{end.name}> is open here"
            )


def _is_closed(one: OpenTag, others: Sequence[_Unbalanced]) -> bool:
    return any(one.is_ended_by(end) for other in others for end in other.ends)


def _is_opened(end: Tag, others: Sequence[_Unbalanced]) -> bool:
    return any(one.is_ended_by(end) for other in others for one in other.opened)


def _finding(source: ParsedTemplate, tag: Tag, text: str) -> Finding:
    return Finding(source.file, source.line(tag.line), "unclosed-element", text)
