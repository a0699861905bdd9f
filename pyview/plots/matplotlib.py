"""Figures of Matplotlib as pictures. They are drawn in a worker thread, because that takes a tenth of a second."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

import anyio.to_thread

from pyview.plots.figure import comes_from, package

LARGEST: Final = 4_000_000
"""Most bytes of a picture. A page holds it, and the WebSocket carries it as text."""

_TYPES: Final = {"svg": "image/svg+xml", "png": "image/png"}
_MOST_ROWS: Final = 200


@dataclass(frozen=True)
class Drawing:
    """A picture of a figure. `url` is a `data:` URL, `rows` are the numbers of its lines and bars."""

    url: str
    digest: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


async def draw(figure: Any, kind: Literal["svg", "png"] = "svg", *, dpi: int = 150) -> Drawing:
    """Draw a figure of Matplotlib, for `ui.plot`. It must not be changed until this returns.

    `kind` is "svg", or "png" for figures of many thousand points, with `dpi` dots per inch. Raises `TypeError` for
    another object, and `ValueError` for a picture of more than 4 MB.
    """
    if kind not in _TYPES:
        raise ValueError(f"expected one of {', '.join(_TYPES)} as the kind of a picture, got {kind!r}")
    if not comes_from(figure, "matplotlib") or not hasattr(figure, "savefig"):
        raise TypeError(f"expected a figure of Matplotlib, got {type(figure).__name__}")
    return await anyio.to_thread.run_sync(_drawn, figure, kind, dpi)


def _drawn(figure: Any, kind: str, dpi: int) -> Drawing:
    file = io.BytesIO()
    settings = package("matplotlib", "matplotlib").rcParams
    if settings["svg.hashsalt"] is None:
        settings["svg.hashsalt"] = "pyview"  # else the ids in a picture are random
    # Without the date, equal figures are equal pictures.
    about = {"Date": None} if kind == "svg" else {}
    figure.savefig(file, format=kind, dpi=dpi, metadata=about, bbox_inches="tight", transparent=False)
    content = _in_colours_of_the_page(file.getvalue()) if kind == "svg" else file.getvalue()
    if len(content) > LARGEST:
        raise ValueError(
            f"expected a picture of at most {LARGEST:,} bytes, got {len(content):,} ({kind}). Draw fewer points, or "
            'use draw(figure, "png") with a lower dpi'
        )
    columns, rows = _table(figure)
    url = f"data:{_TYPES[kind]};base64,{base64.b64encode(content).decode()}"
    return Drawing(url, sha256(content).hexdigest()[:16], columns, rows)


_COLOURS: Final = (
    b"<style>svg{--ink:#1d2226;--paper:#fff;fill:var(--ink)}"
    b"@media(prefers-color-scheme:dark){svg{--ink:#e9e7e2;--paper:transparent}}</style>"
)


def _in_colours_of_the_page(svg: bytes) -> bytes:
    """Return the picture with light text on a dark page: for what is black, and for white surfaces, in the figure."""
    start = svg.index(b">", svg.index(b"<svg")) + 1
    drawing = (
        svg[start:].replace(b": #000000", b": var(--ink)").replace(b"fill: #ffffff", b"fill: var(--paper)")
    )
    return svg[:start] + _COLOURS + drawing


def _table(figure: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    rows = [row for axes in figure.axes for row in _rows(axes)][:_MOST_ROWS]
    return (("Series", "x", "y"), tuple(rows)) if rows else ((), ())


def _rows(axes: Any) -> Iterator[tuple[str, ...]]:
    for line in axes.get_lines():
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=False):
            yield _label(line), _text(x), _text(y)
    names = [label.get_text() for label in axes.get_xticklabels()]
    for bars in axes.containers:
        for i, bar in enumerate(getattr(bars, "patches", ())):
            named = len(names) == len(bars.patches)
            yield _label(bars), names[i] if named else _text(bar.get_x()), _text(bar.get_height())


def _label(artist: Any) -> str:
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)
