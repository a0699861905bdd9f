"""Tell a template that is written in Jinja2 already from one of Ibis."""

import re
from collections.abc import Iterable
from typing import Final

from pyview.convert.pieces import QUOTED, Kind, Piece

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
