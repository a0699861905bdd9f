"""The components that every application needs: forms and inputs, links, flash messages, dialogs, tables.

`templates/components.html` has them as macros, for `{% import "pyview/components.html" as ui %}`.
"""

from pyview.ui.tags import hide_modal, show_modal

__all__ = ["hide_modal", "show_modal"]
