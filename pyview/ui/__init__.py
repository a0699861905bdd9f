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
from pyview.ui.comboboxes import combobox, multi_select, tags
from pyview.ui.commands import command, command_palette
from pyview.ui.data_table import data_table
from pyview.ui.dates import date_range
from pyview.ui.dialogs import confirm, drawer, focus_wrap, modal, portal
from pyview.ui.disclosures import accordion, disclosure
from pyview.ui.fields import field, field_group
from pyview.ui.figures import description_list, stat, stats
from pyview.ui.files import file_drop
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
from pyview.ui.inputs import (
    code_input,
    color_input,
    input_group,
    number_input,
    password_input,
    search_input,
    text_area,
)
from pyview.ui.menus import menu, menu_item
from pyview.ui.messages import flash_group
from pyview.ui.navigation import breadcrumbs, nav_tabs, pagination
from pyview.ui.plots import plot
from pyview.ui.progress import progress, skeleton, spinner, stepper
from pyview.ui.results import async_result
from pyview.ui.shell import nav_heading, nav_link, shell
from pyview.ui.sliders import slider
from pyview.ui.switches import segmented, switch
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
    "code_input",
    "color_input",
    "combobox",
    "command",
    "command_palette",
    "confirm",
    "data_table",
    "date_range",
    "description_list",
    "disclosure",
    "divider",
    "drawer",
    "empty_state",
    "errors",
    "field",
    "field_group",
    "file_drop",
    "flash_group",
    "focus_wrap",
    "form",
    "form_errors",
    "hide_modal",
    "icon",
    "input",
    "input_group",
    "inputs_for",
    "kbd",
    "label",
    "link",
    "menu",
    "menu_item",
    "modal",
    "move_button",
    "multi_select",
    "nav_heading",
    "nav_link",
    "nav_tabs",
    "number_input",
    "pagination",
    "password_input",
    "plot",
    "portal",
    "progress",
    "remove_button",
    "search_input",
    "segmented",
    "shell",
    "show_modal",
    "skeleton",
    "slider",
    "spinner",
    "stat",
    "stats",
    "stepper",
    "switch",
    "table",
    "tabs",
    "tags",
    "text_area",
    "tooltip",
]
