"""Progress, placeholders and steps as functions. The macros are in `progress.html`."""

from collections.abc import Sequence
from typing import Any

from pyview.template.component import component
from pyview.ui.source import UI


@component(source=UI + "{{ ui.progress(label, value, max, text, **rest) }}")
def progress(
    label: str, value: float | None = None, max: float = 100, text: str | None = None, **rest: Any
) -> None:
    """A bar from 0 to `max`. Without a value it shows that something happens, but not how much."""


@component(source=UI + "{{ ui.skeleton(lines, avatar, label, **rest) }}")
def skeleton(lines: int = 3, avatar: bool = False, label: str = "Loading…", **rest: Any) -> None:
    """Grey lines in the place of content that is being loaded."""


@component(source=UI + "{{ ui.spinner(label, **rest) }}")
def spinner(label: str = "Loading…", **rest: Any) -> None:
    """A turning circle."""


@component(source=UI + "{{ ui.stepper(steps, current, to, label, done, **rest) }}")
def stepper(
    steps: Sequence[str],
    current: int = 1,
    to: str | None = None,
    label: str = "Steps",
    done: str = "Done:",
    **rest: Any,
) -> None:
    """The steps of a task. `current` is the number of the present one, from 1; `to` a path with "{step}"."""
