"""Icons: the SVG drawings of Lucide, which are built into the package, by name."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from pyview.template.attributes import Attributes, attributes_text, html_name
from pyview.template.compiler.purity import pure

_FILE: Final = Path(__file__).resolve().parents[2] / "static" / "icons.txt"
_STROKES: Final[Mapping[str, Any]] = {
    "width": 20,
    "height": 20,
    "viewBox": "0 0 24 24",
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": 2,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


class UnknownIconError(ValueError):
    """There is no icon of a name."""

    def __init__(self, name: str) -> None:
        close = get_close_matches(name, icon_names(), n=3, cutoff=0.5)
        hint = f". Did you mean {' or '.join(map(repr, close))}?" if close else ""
        super().__init__(f"there is no icon {name!r}{hint} The names are those of https://lucide.dev/icons")


@pure
def icon(name: str, label: str | None = None, attributes: Mapping[str, Any] | None = None) -> Markup:
    """Return an icon as `<svg>`, as large as the text around it. Screen readers skip it unless it has a `label`.

    Raises `UnknownIconError`, with the nearest names.
    """
    role = {"aria-hidden": "true"} if label is None else {"role": "img", "aria-label": label}
    given = {html_name(each): value for each, value in (attributes or {}).items()}
    classes = ["pv-icon", given.pop("class", None)]
    text = attributes_text(Attributes({"class": classes, **_STROKES, **role, **given}))
    return Markup(f"<svg{text}>{_shapes(name)}</svg>")  # noqa: S704  escaped, and the package's own file


def check_icon(name: str) -> None:
    """Raise `UnknownIconError` if there is no icon of a name."""
    _shapes(name)


@lru_cache(500)
def _shapes(name: str) -> str:
    # The file is read again for each new name, in 0.2 ms: to keep it would cost each process half a megabyte.
    text = f"\n{_text()}"
    start = text.find(f"\n{name}\t")
    if start < 0 or not name:
        raise UnknownIconError(name)
    return text[start + len(name) + 2 : text.index("\n", start + 1)]


def icon_names() -> list[str]:
    """Return the names of all icons."""
    return [line.partition("\t")[0] for line in _text().splitlines()]


def _text() -> str:
    try:
        return _FILE.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"PyView's icons are missing: expected {_FILE}. In a checkout of its repository run `make setup`;"
            " a wheel contains them"
        ) from None
