"""Templates: Jinja2 files and template strings. The first render returns text or a whole tree, later renders a diff.

`live_template` holds the entry points: a `LiveTemplate` is shared, its `rendering()` belongs to one view. `environment`
makes the Jinja2 environment, `view_files` finds the files beside a view. `tstrings` renders template strings,
`component` makes function components for both. `compiler` compiles Jinja2 templates, `tree` holds the retained tree.

Words: a *segment* is a piece of a template, with *statics* (its constant texts) between its *slots*. A *node* holds the
values of a segment's slots (the *dynamics*) for one view. A *unit* is a node that also knows its inputs.
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
