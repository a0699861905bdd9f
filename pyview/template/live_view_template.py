"""Names of template strings under the path that PyView users know."""

from pyview.template.component_tag import live_component
from pyview.template.tstrings.each import stream_for

__all__ = ["live_component", "stream_for"]
