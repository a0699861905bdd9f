"""Convert the text of one template, unless it is already written in Jinja2."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from jinja2 import TemplateSyntaxError, nodes

from pyview.convert.filters import RENAMED, REWRITTEN
from pyview.convert.pieces import QUOTED, Kind, Piece, pieces_of
from pyview.convert.report import Change, ConvertedTemplate, Remark, Unconvertible
from pyview.convert.tags import Tags
from pyview.template.environment import LiveEnvironment, create_environment

# Written at the start of a converted template that would otherwise be read as Ibis, and converted again.
MARK: Final = "{# Jinja2 #}"

_TAGS: Final = frozenset(
    [
        "autoescape",
        "break",
        "call",
        "continue",
        "do",
        "filter",
        "from",
        "import",
        "macro",
        "raw",
        "set",
        "trans",
    ]
)
# What both languages have, such as `loop.index`, proves nothing and is missing here.
_SYNTAX: Final = re.compile(
    r"""\bloop\.(?:index0|first|last|revindex0?|depth0?|previtem|nextitem|changed|cycle)\b
    |\|\s*(?:length|reverse|keyed_by)\b
    |\|\s*default\([^()]*,\s*[tT]rue\)
    |\sis\s|\selse\s|~""",
    re.VERBOSE,
)
_STRINGS: Final = re.compile(QUOTED, re.DOTALL)


def is_jinja(pieces: Iterable[Piece]) -> bool:
    """Return True if any piece has syntax that Jinja2 has and Ibis does not."""
    return any(map(_is_jinja_piece, pieces))


def _is_jinja_piece(piece: Piece) -> bool:
    match piece.kind:
        case Kind.RAW:
            return True
        case Kind.COMMENT:
            return piece.text == MARK
        case Kind.PRINT | Kind.TAG:
            return (
                piece.trims or piece.keyword in _TAGS or bool(_SYNTAX.search(_STRINGS.sub("''", piece.inner)))
            )
        case Kind.TEXT:
            return False


_AMBIGUOUS: Final = re.compile(r"\bloop\.index\b|\|\s*slice\s*\(|\|\s*default\s*\([^,()]*\)")
_EXTENSIONS: Final = ("jinja2.ext.do", "jinja2.ext.i18n", "jinja2.ext.loopcontrols")


class Converter:
    """Converts templates from Ibis to Jinja2. Templates that are already Jinja2 stay as they are."""

    def __init__(self) -> None:
        self._environment = create_environment(extensions=_EXTENSIONS)

    def convert(self, source: str) -> ConvertedTemplate:
        """Return the template as Jinja2. Raises `Unclosed` for a comment, expression or tag without an end."""
        converted = _Run(source).run()
        if converted.text != source and _Run(converted.text).run().text != converted.text:
            # A second run of the command would change the result once more: mark it as converted.
            converted = replace(converted, text=_marked(converted.text))
        remarks = (*converted.remarks, *self._check(source, converted))
        return replace(converted, remarks=tuple(sorted(remarks, key=lambda remark: remark.line)))

    def _check(self, source: str, converted: ConvertedTemplate) -> Iterator[Remark]:
        """Yield remarks about syntax of the result that Jinja2 does not accept."""
        if converted.problems or (converted.text == source and is_jinja(pieces_of(source))):
            return
        try:
            tree = self._environment.parse(converted.text)
        except TemplateSyntaxError as error:
            yield Remark(error.lineno, f"Jinja2 cannot parse the result: {error.message}", problem=True)
        else:
            yield from _unknown_filters(tree, self._environment)


def _marked(text: str) -> str:
    # A byte order mark must stay the first character of the file.
    byte_order_mark = "\ufeff" if text.startswith("\ufeff") else ""
    return f"{byte_order_mark}{MARK}{text.removeprefix(byte_order_mark)}"


def _unknown_filters(tree: nodes.Template, environment: LiveEnvironment) -> Iterator[Remark]:
    known = set(environment.filters)
    for found in tree.find_all(nodes.Filter):
        if found.name in known:
            continue
        known.add(found.name)
        if found.name in RENAMED or found.name in REWRITTEN:
            yield Remark(
                found.lineno, f"{found.name} is a filter of Ibis, but the expression is Jinja2", problem=True
            )
        else:
            yield Remark(
                found.lineno,
                f"{found.name} is a filter of your application: register it with "
                f"create_environment().filters[{found.name!r}] = ..., and pass that to PyView(templates=...)",
            )


class _Run:
    """The conversion of one template."""

    def __init__(self, source: str) -> None:
        self._pieces = [*pieces_of(source)]
        self._is_jinja = is_jinja(self._pieces)
        self._written: list[str] = []
        self._remarks: list[Remark] = []
        self._line = 1
        self._tags = Tags(source, self._is_jinja, self._remark)

    def run(self) -> ConvertedTemplate:
        for number, piece in enumerate(self._pieces):
            self._line = piece.line
            self._written.append(self._converted(piece, number))
        self._name_loops()
        pairs = [*zip(self._pieces, self._written, strict=True)]
        changes = tuple(Change(piece.line, piece.text, now) for piece, now in pairs if piece.text != now)
        # A file that contains both languages is half converted: what is ambiguous in it is reported.
        if changes and self._is_jinja:
            self._remarks += filter(None, (_ambiguous(piece) for piece, now in pairs if piece.text == now))
        return ConvertedTemplate("".join(self._written), changes, tuple(dict.fromkeys(self._remarks)))

    def _converted(self, piece: Piece, number: int) -> str:
        try:
            if piece.kind is Kind.PRINT:
                return piece.with_inner(self._tags.expressions.printed(piece.inner))
            return self._tags.convert(piece, number) if piece.kind is Kind.TAG else piece.text
        except Unconvertible as reason:
            self._remarks.append(Remark(piece.line, f"{_shortened(piece.text)}: {reason}", problem=True))
            return piece.text

    def _remark(self, text: str) -> None:
        self._remarks.append(Remark(self._line, text))

    def _name_loops(self) -> None:
        """Name the loops whose `loop` is used inside other loops."""
        for loop in self._tags.loops:
            if loop.alias:
                # At the start of the loop's body, so that inner loops see the `loop` of this one.
                self._written[loop.tag] += f"{{% set {loop.alias} = loop %}}"


def _ambiguous(piece: Piece) -> Remark | None:
    found = piece.kind in (Kind.PRINT, Kind.TAG) and _AMBIGUOUS.search(re.sub(QUOTED, "''", piece.inner))
    if not found:
        return None
    return Remark(
        piece.line,
        f"{_shortened(piece.text)} is left as it is, because this file contains Jinja2 too; check that it is meant as "
        "Jinja2",
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
