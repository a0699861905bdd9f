"""Templates: Jinja2 files and template strings that render to text once, and then to what changed.

`live_template` is the door for files: `LiveTemplate` is shared, its `rendering()` belongs to one view. `environment`
makes the Jinja2 environment, `files` finds what lies beside a view. `tstrings` renders template strings, `component`
makes function components for both. How it works is in `compiler` and `tree`.
"""

from typing import TYPE_CHECKING

from pyview.removed_names import missing_name
from pyview.template.component import Component, ComponentCall, component
from pyview.template.component_tag import live_component
from pyview.template.declared.declaration import ComponentError, SlotEntry
from pyview.template.declared.signature import Slot, Slots, attr
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveRender, LiveTemplate, RenderedContent
from pyview.template.root_template import RootTemplate, RootTemplateContext, defaultRootTemplate
from pyview.template.template_view import TemplateView
from pyview.template.tstrings.each import each, stream_for
from pyview.template.tstrings.escaping import TemplateStringError

__all__ = [
    "Component",
    "ComponentCall",
    "ComponentError",
    "LiveEnvironment",
    "LiveRender",
    "LiveTemplate",
    "RenderedContent",
    "RootTemplate",
    "RootTemplateContext",
    "Slot",
    "SlotEntry",
    "Slots",
    "TemplateStringError",
    "TemplateView",
    "attr",
    "component",
    "create_environment",
    "defaultRootTemplate",
    "each",
    "live_component",
    "stream_for",
]

if not TYPE_CHECKING:  # type checkers would take every name for one of this module

    def __getattr__(name):
        raise missing_name(__name__, name)
