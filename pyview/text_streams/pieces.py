"""The HTML of a growing text in pieces, of which only the last ones change.

All pieces together are the HTML. A page shows them in a loop, so that a message to the browser has the pieces that are
new or different: the item of a list, the row of a table, the line of a code block that is being written, and not the
text before it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from markupsafe import Markup, escape

from pyview.text_streams.markdown import CODE_END, Token, code_start, html, parse

# A line that is shorter may still become a marker that continues the block before it, such as "2." or "===".
_SURE: Final = 12  # characters
_LONGEST_BLOCK: Final = 32_000
"""Characters of a block that grows. A longer one is shown as it is until the text is complete: to parse it again and
again takes up to a second each time, in which no other page of the worker gets an answer."""

_BEGINS_PIECE: Final = frozenset(
    {
        *("paragraph_open", "heading_open", "list_item_open", "blockquote_open", "table_open", "tr_open"),
        *("bullet_list_open", "ordered_list_open", "fence", "code_block", "hr"),
    }
)
_OPEN_LINK: Final = re.compile(r"\[([^\[\]\n]*)(?:\]\([^)\n]*)?$")
_BOLD: Final = re.compile(r"\*\*")


class Pieces(Protocol):
    """Makes the pieces of one text."""

    def update(self, text: str, *, complete: bool) -> Sequence[Markup]:
        """Return the pieces of `text`, which begins with the text of the last call."""


class PlainPieces:
    """Pieces of a text that is shown as it is: one for each line."""

    def update(self, text: str, *, complete: bool) -> Sequence[Markup]:
        return _lines(text)


class MarkdownPieces:
    """Pieces of a Markdown text.

    To parse the whole text for each new word would take longer and longer. A block that another one follows can hardly
    change any more, so only the last block is parsed again. The complete text is parsed once more as a whole: then the
    HTML is exactly that of the text.
    """

    def __init__(self) -> None:
        self._settled: list[Markup] = []
        self._start = 0
        self._env: dict[str, Any] = {}

    def update(self, text: str, *, complete: bool) -> Sequence[Markup]:
        if complete:
            return [*_pieces(parse(text, {}))]
        rest = text[self._start :]
        if len(rest) > _LONGEST_BLOCK:
            return [*self._settled, *_lines(rest)]
        tokens = parse(_without_open_ends(rest), self._env)
        last = _last_block(tokens)
        if last and _is_sure(rest, line := tokens[last].map[0]):
            self._settled += _pieces(tokens[:last])
            self._start += sum(map(len, rest.splitlines(keepends=True)[:line]))
            tokens = tokens[last:]
        return [*self._settled, *_pieces(tokens)]


def _last_block(tokens: Sequence[Token]) -> int:
    """Return the index of the first token of the last block, 0 for one block or none."""
    starts = (
        at for at in range(len(tokens) - 1, -1, -1) if tokens[at].level == 0 and tokens[at].nesting >= 0
    )
    return next(starts, 0)


def _is_sure(text: str, line: int) -> bool:
    """Return True if no continuation of the text can join the block at `line` to the one before it."""
    lines = text.splitlines(keepends=True)
    return len(lines) > line + 1 or (len(lines) == line + 1 and len(lines[line]) >= _SURE)


def _pieces(tokens: Sequence[Token]) -> Iterator[Markup]:
    """Yield the HTML of tokens in pieces."""
    start = 0
    for at in range(1, len(tokens)):
        if _begins_piece(tokens, at):
            yield from _piece(tokens[start:at])
            start = at
    # The end tags of a list are a piece of their own, so that the last item is not sent again with them.
    end = len(tokens)
    while end > start + 1 and tokens[end - 1].nesting < 0:
        end -= 1
    yield from _piece(tokens[start:end])
    yield from _piece(tokens[end:])


def _begins_piece(tokens: Sequence[Token], at: int) -> bool:
    # The first paragraph of an item belongs to the item.
    return tokens[at].type in _BEGINS_PIECE and tokens[at - 1].type not in (
        "list_item_open",
        "blockquote_open",
    )


def _piece(tokens: Sequence[Token]) -> Iterator[Markup]:
    if not tokens:
        return
    first, *rest = tokens
    if first.type in ("fence", "code_block"):
        yield Markup(code_start(first))  # noqa: S704  escaped there
        yield from _lines(first.content)
        yield Markup(CODE_END + html(rest))  # noqa: S704  the renderer has escaped it
    else:
        yield Markup(html(tokens))  # noqa: S704  the renderer has escaped it


def _lines(text: str) -> list[Markup]:
    return [escape(line) for line in text.splitlines(keepends=True)]


def _without_open_ends(text: str) -> str:
    """Close what is being written at the end of the text, so that no asterisks and brackets flicker on the page."""
    if "```" in text or "~~~" in text:
        return text  # perhaps code
    start = text.rfind("\n\n") + 1
    end = text[start:]
    # Only the last bracket is looked at: a search at each one would take minutes for a text of many brackets.
    link = _OPEN_LINK.match(end, bracket) if (bracket := end.rfind("[")) >= 0 else None
    if link is not None:
        end = end[:bracket].removesuffix("!") + link[1]
    if end.count("`") % 2:
        return text[:start] + end.rstrip() + "`"
    if len(_BOLD.findall(end)) % 2:
        shown = end.rstrip()
        return text[:start] + (shown[:-2] if shown.endswith("**") else shown + "**")
    return text[:start] + end
