"""Results of async work as functions. The macros are in `results.html`."""

from typing import Any

from pyview.background.result import AsyncResult
from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(
    # The content is a function, so it is not evaluated before there is a result.
    source=UI + "{% call(value) ui.async_result(state, loading, failed) %}{{ children(value) }}{% endcall %}"
)
def async_result(
    state: AsyncResult[Any],
    children: Slot,
    loading: str = "Loading…",
    failed: str = "This could not be loaded.",
) -> None:
    """The result of async work. `children` is a function of the result."""
