"""Core components as functions: forms and inputs, links, flash messages, dialogs, tables.

In Jinja2 the same components are macros: `{% import "pyview/components.html" as ui %}`.
"""

from pyview.template.core.tags import hide_modal, show_modal
from pyview.ui.components import (
    add_button,
    async_result,
    button,
    errors,
    flash_group,
    focus_wrap,
    form,
    form_errors,
    input,
    inputs_for,
    label,
    link,
    modal,
    move_button,
    portal,
    remove_button,
    table,
)

__all__ = [
    "add_button",
    "async_result",
    "button",
    "errors",
    "flash_group",
    "focus_wrap",
    "form",
    "form_errors",
    "hide_modal",
    "input",
    "inputs_for",
    "label",
    "link",
    "modal",
    "move_button",
    "portal",
    "remove_button",
    "show_modal",
    "table",
]
