"""Options of a combobox, and what is chosen: values with the labels that people read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pyview.forms import Option
from pyview.template.attributes import Attributes
from pyview.template.compiler.purity import pure
from pyview.template.core.plain_fields import AnyField

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "clear": "Clear",
        "create": "Create “{text}”",
        "empty": "No results",
        "failed": "No connection. The search goes on as soon as it is back.",
        "full": "At most {max}",
        "more": "The first {shown} of {count} are listed.",
        "one": "1 result",
        "open": "Show the options",
        "remove": "Remove {text}",
        "results": "{count} results",
        "searching": "Searching…",
    }
)
"""Texts of a combobox, by the names for the argument `words`."""

_IN_BROWSER: Final = ("create", "empty", "failed", "full", "one", "remove", "results", "searching")


@dataclass(frozen=True)
class ListOption:
    """An option of a list: `value` is sent, `label` is shown, `hint` is a second line."""

    value: str
    label: str
    hint: str
    selected: bool


@dataclass(frozen=True)
class Listed:
    """Content of a combobox: the first of the options, their number, and the label of each chosen value.

    `unknown` is True if the label of a chosen value is not known; then it is the value itself.
    """

    options: tuple[ListOption, ...]
    count: int
    chosen: tuple[tuple[str, str], ...]
    unknown: bool

    @property
    def text(self) -> str:
        """The label of the chosen value."""
        return self.chosen[0][1] if self.chosen else ""


@pure
def listed(
    field: AnyField,
    options: Iterable[Any] | None,
    texts: Mapping[Any, Any] | str | None,
    limit: int,
    several: bool = False,
) -> Listed:
    """Return the first `limit` options of a field, or those of the application.

    An option is a text, or a tuple: sent value, shown text, and optionally a second line. `texts` are labels of chosen
    values that may not be among the options; a text is the label of the only one.
    """
    values = field.values if several else tuple(filter(None, (field.value,)))
    labels = _labels(values, texts)
    shown, count = list[ListOption](), 0
    for value, label, hint in map(_parts, field.options if options is None else options):
        if count < limit:
            shown.append(ListOption(value, label, hint, value in values))
        if value in values:
            labels.setdefault(value, label)
        count += 1
    chosen = tuple((value, labels.get(value, value)) for value in values)
    return Listed(tuple(shown), count, chosen, any(value not in labels for value in values))


def _labels(values: tuple[str, ...], texts: Mapping[Any, Any] | str | None) -> dict[str, str]:
    if texts is None or texts == "":
        return {}
    if isinstance(texts, str):
        return dict.fromkeys(values[:1], texts)
    return {str(value): str(label) for value, label in texts.items()}


def _parts(option: Any) -> tuple[str, str, str]:
    if isinstance(option, Option):
        return option.value, option.label, ""
    if not isinstance(option, tuple | list):
        return str(option), str(option), ""
    value, label, *hint = option
    return str(value), str(label), str(hint[0]) if hint else ""


@pure
def words(given: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return what a combobox says, with words of the application. Raises `KeyError` for an unknown name."""
    unknown = sorted((given or {}).keys() - WORDS.keys())
    if unknown:
        raise KeyError(f"no words {unknown} in a combobox; expected some of {', '.join(sorted(WORDS))}")
    return {**WORDS, **(given or {})}


@pure
def spoken(words: Mapping[str, str]) -> Mapping[str, str]:
    """Return the words that the script needs, as attributes."""
    return Attributes({f"data-{name}": words[name] for name in _IN_BROWSER})


@pure
def said(text: str, /, **values: Any) -> str:
    """Return a text with values for "{count}" and the like. Other braces stay."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


FUNCTIONS: Final[tuple[Any, ...]] = (listed, said, spoken, words)
