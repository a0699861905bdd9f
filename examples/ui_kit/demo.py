"""Base of the pages of components: facts about the component, and the source of its demo."""

import pkgutil
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeGuard

from markupsafe import Markup, escape

from examples.highlight import highlighted
from examples.ui_kit import pages
from pyview import LiveView, LiveViewSocket
from pyview.template.view_files import template_path

GROUPS = ("Layout", "Navigation", "Overlays", "Feedback", "Inputs", "Data", "Text and pictures")
PATTERNS = "https://www.w3.org/WAI/ARIA/apg/patterns/"


@dataclass(frozen=True)
class About:
    """Facts about a component.

    `when` are sentences that say when to use it, and what to use otherwise. `keys` are pairs: keys, and what they do.
    `pattern` is the name of its pattern in the ARIA Authoring Practices.
    """

    title: str
    group: str
    summary: str
    when: tuple[str, ...]
    keys: tuple[tuple[str, str], ...] = ()
    pattern: str | None = None

    @property
    def sentences(self) -> list[Markup]:
        """The sentences of `when` as HTML."""
        # The texts are those of the modules in `pages`.
        return [Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", str(escape(each)))) for each in self.when]  # noqa: S704

    @property
    def pattern_url(self) -> str | None:
        return f"{PATTERNS}{self.pattern}/" if self.pattern else None


class DemoLiveView(LiveView[dict[str, Any]]):
    """The page of a component. The template beside its module is the demo, whose source the page shows."""

    about: ClassVar[About]
    layout = "frame.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.live_title = self.about.title
        source = source_of(template_path(type(self)))
        socket.context = {"about": self.about, "source": source, **self.start()}

    def start(self) -> dict[str, Any]:
        """Return the names that the demo uses, at the start."""
        return {}


@cache
def source_of(template: Path | None) -> Markup:
    """Return the template of a demo as HTML, as it is."""
    return highlighted("" if template is None else template.read_text(encoding="utf-8"), "html")


@cache
def demos() -> dict[str, type[DemoLiveView]]:
    """Return the pages of all components by the names of their modules, by group and title."""
    found = {module.name: view_in(module.name) for module in pkgutil.iter_modules(pages.__path__)}
    return dict(sorted(found.items(), key=lambda pair: place_of(pair[1].about)))


def view_in(name: str) -> type[DemoLiveView]:
    module = import_module(f"{pages.__name__}.{name}")
    [view] = [each for each in vars(module).values() if is_page(each) and each is not DemoLiveView]
    return view


def is_page(value: Any) -> TypeGuard[type[DemoLiveView]]:
    return isinstance(value, type) and issubclass(value, DemoLiveView)


def place_of(about: About) -> tuple[int, str]:
    return GROUPS.index(about.group), about.title
