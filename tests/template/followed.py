"""A template rendered repeatedly by one view. Each render is compared with the text, and merged as by the client."""

import json
from typing import Any

from pyview.template.component import Component, components_in
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge


class Followed:
    """A rendering. `show` renders with the next names and returns the diff."""

    def __init__(
        self,
        source: str,
        *components: Component[Any],
        environment: LiveEnvironment | None = None,
        **extra: Any,
    ) -> None:
        self.environment = environment or create_environment()
        self.environment.globals.update(components_in(components))
        self.environment.globals.update(extra)
        self.template = LiveTemplate.from_string(source, "page.html", self.environment)
        self.rendering = self.template.rendering()
        self.html = ""
        self._tree: dict[str, Any] = {}

    def show(self, **names: Any) -> Any:
        text = self.template.render(names)
        diff = json.loads(json.dumps(self.rendering.update(names)))
        self._tree = merge(self._tree, diff) if diff else self._tree
        self.html = to_html(self._tree)
        assert self.html == text
        assert self.rendering.update(names) == {}
        return diff
