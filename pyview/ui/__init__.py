"""Core components as functions: forms and inputs, links, flash messages, dialogs, tables.

In Jinja2 the same components are macros: `{% import "pyview/components.html" as ui %}`. Each function calls the macro
of its name. `children` may be a function of the content's argument:
`table("users", users, ["Name"], children=lambda user: t"<td>{user.name}</td>")`.
"""

from pyview.template.core.tags import hide_modal, show_modal
from pyview.ui.alerts import alert
from pyview.ui.avatars import avatar, avatar_group
from pyview.ui.badges import badge, divider, kbd
from pyview.ui.buttons import button, link
from pyview.ui.cards import card, empty_state
from pyview.ui.charts import chart
from pyview.ui.commands import command, command_palette
from pyview.ui.data_table import data_table
from pyview.ui.dialogs import confirm, drawer, focus_wrap, modal, portal
from pyview.ui.disclosures import accordion, disclosure
from pyview.ui.figures import description_list, stat, stats
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
from pyview.ui.icons import icon
from pyview.ui.menus import menu, menu_item
from pyview.ui.messages import flash_group
from pyview.ui.navigation import breadcrumbs, nav_tabs, pagination
from pyview.ui.plots import plot
from pyview.ui.progress import progress, skeleton, spinner, stepper
from pyview.ui.results import async_result
from pyview.ui.shell import nav_heading, nav_link, shell
from pyview.ui.tables import table
from pyview.ui.tabs import Tab, tabs
from pyview.ui.tooltips import tooltip

__all__ = [
    "Tab",
    "accordion",
    "add_button",
    "alert",
    "async_result",
    "avatar",
    "avatar_group",
    "badge",
    "breadcrumbs",
    "button",
    "card",
    "chart",
    "command",
    "command_palette",
    "confirm",
    "data_table",
    "description_list",
    "disclosure",
    "divider",
    "drawer",
    "empty_state",
    "errors",
    "flash_group",
    "focus_wrap",
    "form",
    "form_errors",
    "hide_modal",
    "icon",
    "input",
    "inputs_for",
    "kbd",
    "label",
    "link",
    "menu",
    "menu_item",
    "modal",
    "move_button",
    "nav_heading",
    "nav_link",
    "nav_tabs",
    "pagination",
    "plot",
    "portal",
    "progress",
    "remove_button",
    "shell",
    "show_modal",
    "skeleton",
    "spinner",
    "stat",
    "stats",
    "stepper",
    "table",
    "tabs",
    "tooltip",
]
