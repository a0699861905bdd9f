"""Convert the text of one template.

Tell a template that is written in Jinja2 already from one of Ibis.
"""

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

# The first thing in a converted template that could be taken for one of Ibis.
MARK: Final = "{# Jinja2 #}"

_TAGS: Final = frozenset(
    (
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
    )
)
_SYNTAX: Final = re.compile(
    r"""\bloop\.(?:index0|first|last|revindex0?|depth0?|previtem|nextitem|changed|cycle)\b
    |\|\s*(?:length|reverse|keyed_by)\b
    |\|\s*default\([^()]*,\s*[tT]rue\)
    |\sis\s|\selse\s|~""",
    re.VERBOSE,
)
_STRINGS: Final = re.compile(QUOTED, re.DOTALL)


def is_jinja(pieces: Iterable[Piece]) -> bool:
    """Return whether there is anything that Jinja2 understands and Ibis does not."""
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
    """Converts templates of Ibis to Jinja2. What is Jinja2 already stays as it is."""

    def __init__(self) -> None:
        self._environment = create_environment(extensions=_EXTENSIONS)

    def convert(self, source: str) -> ConvertedTemplate:
        """The template as Jinja2. Raises `Unclosed` for one that has no end."""
        converted = _Run(source).run()
        if converted.text != source and _Run(converted.text).run().text != converted.text:
            converted = replace(converted, text=_marked(converted.text))
        return replace(
            converted,
            remarks=tuple(sorted((*converted.remarks, *self._checked(source, converted)), key=_line)),
        )

    def _checked(self, source: str, converted: ConvertedTemplate) -> Iterator[Remark]:
        """Return what Jinja2 does not understand of the result, if that can be told."""
        if converted.problems or (converted.text == source and _is_jinja(source)):
            return
        try:
            tree = self._environment.parse(converted.text)
        except TemplateSyntaxError as error:
            yield Remark(error.lineno, f"Jinja2 does not understand this: {error.message}", problem=True)
        else:
            yield from _unknown_filters(tree, self._environment)


def _marked(text: str) -> str:
    mark_of_encoding = "\ufeff" if text.startswith("\ufeff") else ""
    return f"{mark_of_encoding}{MARK}{text.removeprefix(mark_of_encoding)}"


def _is_jinja(source: str) -> bool:
    return is_jinja(pieces_of(source))


def _line(remark: Remark) -> int:
    return remark.line


def _unknown_filters(tree: nodes.Template, environment: LiveEnvironment) -> Iterator[Remark]:
    known = set(environment.filters)
    for found in tree.find_all(nodes.Filter):
        if found.name in known:
            continue
        known.add(found.name)
        if found.name in RENAMED or found.name in REWRITTEN:
            yield Remark(
                found.lineno, f"{found.name} is a filter of Ibis in an expression of Jinja2", problem=True
            )
        else:
            yield Remark(
                found.lineno,
                f"{found.name} is a filter of your own: register it with create_environment().filters[{found.name!r}] ="
                " ..., and give the environment to PyView(templates=...)",
            )


class _Run:
    """The conversion of one template."""

    def __init__(self, source: str) -> None:
        self._pieces = [*pieces_of(source)]
        self._is_jinja = is_jinja(self._pieces)
        self._written: list[str] = []
        self._remarks: list[Remark] = []
        self._line = 1
        self._tags = Tags(source, self._is_jinja, self._look)

    def run(self) -> ConvertedTemplate:
        for number, piece in enumerate(self._pieces):
            self._line = piece.line
            self._written.append(self._converted(piece, number))
        self._name_loops()
        pairs = [*zip(self._pieces, self._written, strict=True)]
        changes = tuple(Change(piece.line, piece.text, now) for piece, now in pairs if piece.text != now)
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

    def _look(self, text: str) -> None:
        self._remarks.append(Remark(self._line, text))

    def _name_loops(self) -> None:
        """Give the loops that are asked for from inside of others a name."""
        for loop in self._tags.loops:
            if loop.alias:
                self._written[loop.tag] += f"{{% set {loop.alias} = loop %}}"


def _ambiguous(piece: Piece) -> Remark | None:
    found = piece.kind in (Kind.PRINT, Kind.TAG) and _AMBIGUOUS.search(re.sub(QUOTED, "''", piece.inner))
    if not found:
        return None
    return Remark(
        piece.line,
        f"{_shortened(piece.text)} is left as it is, since this file has Jinja2 in it as well; see that it means what"
        " Jinja2 means",
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
