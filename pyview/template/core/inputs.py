"""Python functions of the inputs: numbers of sliders, ranges of days, files."""

from collections.abc import Iterable, Mapping
from math import isfinite, nan
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from pyview.forms.inputs import as_text
from pyview.template.compiler.purity import pure
from pyview.template.core.plain_fields import AnyField
from pyview.uploads import UploadConfig, UploadEntry, live_file_input, live_img_preview, upload_errors

PRESETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "today": "Today",
        "yesterday": "Yesterday",
        "last_7_days": "Last 7 days",
        "last_30_days": "Last 30 days",
        "last_90_days": "Last 90 days",
        "this_month": "This month",
        "last_month": "Last month",
        "this_year": "This year",
        "last_year": "Last year",
    }
)
"""Ranges of days that the browser computes, in the time zone of its user."""


@pure
def presets(given: Iterable[Any]) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Return the text of each button beside a range of days, and its attributes.

    One of `given` is a name in `PRESETS`, or a pair: name and text, or a triple: text, first and last day. Raises
    `ValueError` for an unknown name.
    """
    return tuple(_preset((one,) if isinstance(one, str) else tuple(one)) for one in given)


def _preset(given: tuple[Any, ...]) -> tuple[str, Mapping[str, str]]:
    if len(given) == 3:
        text, start, end = given
        return str(text), {"data-start": as_text(start), "data-end": as_text(end)}
    name = given[0]
    if name not in PRESETS:
        raise ValueError(
            f"no range of days {name!r}; expected one of {', '.join(PRESETS)}, or a text with its first and last day"
        )
    return str(given[-1]) if len(given) == 2 else PRESETS[name], {"data-days": name}


@pure
def slider_value(field: AnyField, min: float, max: float) -> str:
    """Return the value of a slider: as browsers do, the middle if there is none or if it is no number."""
    try:
        number = float(field.value)
    except ValueError:
        number = nan
    if not isfinite(number):
        return _number(min + (max - min) / 2 if max > min else min)
    return field.value if min <= number <= max else _number(min if number < min else max)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


@pure
def bounds(field: AnyField, min: float | None, max: float | None) -> tuple[float, float]:
    """Return the bounds of a slider: those given, else those of the model, else 0 and 100."""
    low = field.attrs.get("min", 0) if min is None else min
    high = field.attrs.get("max", 100) if max is None else max
    return _as_number(low), _as_number(high)


def _as_number(value: Any) -> float:
    number = float(value)
    return int(number) if number == int(number) else number


@pure
def share(value: str, bounds: tuple[float, float]) -> str:
    """Return the place of a value between the bounds, as "25%"."""
    low, high = bounds
    part = (float(value) - low) / (high - low) if high > low else 0
    return f"{100 * min(1.0, max(0.0, part)):.4g}%"


@pure
def file_input(upload: UploadConfig, given: Mapping[str, Any]) -> Markup:
    """Return the file input of an upload."""
    return live_file_input(upload, **given)


@pure
def preview(entry: UploadEntry) -> Markup:
    """Return the preview of an image."""
    return live_img_preview(entry, alt="", class_="pv-file-picture")


@pure
def problems(upload: UploadConfig, entry: UploadEntry | None = None) -> list[str]:
    """Return the texts of the errors of an upload, or of one of its files."""
    return [one.message for one in upload_errors(upload, entry)]


@pure
def size_text(size: int) -> str:
    """Return a number of bytes for people: "512 B", "2.4 MB"."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if value >= 10 or units[0] == "B" else f"{value:.1f} {units[0]}"


FUNCTIONS: Final[tuple[Any, ...]] = (
    bounds,
    file_input,
    presets,
    preview,
    problems,
    share,
    size_text,
    slider_value,
)
