"""Core components as functions: forms and inputs, links, flash messages, dialogs, tables.

In Jinja2 the same components are macros: `{% import "pyview/components.html" as ui %}`. Each function calls the macro
of its name. `children` may be a function of the content's argument:
`table("users", users, ["Name"], children=lambda user: t"<td>{user.name}</td>")`.
"""

from pyview.template.core.tags import hide_modal, show_modal
from pyview.ui.buttons import button, link
from pyview.ui.charts import chart
from pyview.ui.data_table import data_table
from pyview.ui.dialogs import focus_wrap, modal, portal
from pyview.ui.forms import (
    add_button,
    errors,
    form,
    form_errors,
    input,
    inputs_for,
    label,
    move_button,
    remove_button,
)
from pyview.ui.messages import flash_group
from pyview.ui.results import async_result
from pyview.ui.tables import table

__all__ = [
    "add_button",
    "async_result",
    "button",
    "chart",
    "data_table",
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
