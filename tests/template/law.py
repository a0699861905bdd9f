"""The law: rules that hold for each render of every template.

The joined output equals Jinja2's own render. The client's tree after merging the diff equals it too. An update without
a change is `{}`. Jinja2's own render uses a plain Jinja2 environment.
"""

import copy
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import jinja2

from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge
from tests.template.data import mutate, random_assigns, used

EXTENSIONS = ["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]


class LawBroken(AssertionError):
    pass


class Law:
    """One template, rendered any number of times by one view.

    The results of the filter and the function `impure`, and of the test `odd_or_not`, change with `step`.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        entry: str = "main.html",
        *,
        environment: Callable[..., LiveEnvironment] = create_environment,
        **options: Any,
    ) -> None:
        self.step = 0
        loader = jinja2.DictLoader(dict(files))
        options = {"autoescape": True, "extensions": EXTENSIONS, **options}
        stock = jinja2.Environment(loader=loader, **options)  # noqa: S701  autoescape is among the options
        live = environment(loader, **options)
        stock.filters["keyed_by"] = lambda items, *key: items
        for each in (stock, live):
            each.install_gettext_translations(_Translations(), newstyle=True)  # type: ignore[attr-defined]
            each.filters["impure"] = lambda value: f"{value}@{self.step}"
            each.globals["impure"] = lambda: f"@{self.step}"
            each.tests["odd_or_not"] = lambda value: self.step % 2 == 1
        self.files = files
        self.stock = stock.get_template(entry)
        self.template = LiveTemplate.from_loader(entry, live)
        self.rendering = self.template.rendering()
        self.tree: dict[str, Any] = {}
        self.failures = 0
        # Each diff with the page after it. A render that raises an error begins another run.
        self.runs: list[list[tuple[dict[str, Any], str]]] = [[]]

    def check(self, assigns: dict[str, Any]) -> dict[str, Any]:
        """Render once everywhere and compare. Return the diff. Both sides may raise errors, if they are of one type."""
        before = copy.deepcopy(assigns)
        try:
            expected = self.stock.render(copy.deepcopy(assigns))
        except Exception as error:
            self._both_fail(assigns, error)
            return {}
        text = self.template.render(copy.deepcopy(assigns))
        diff = self.rendering.update(assigns)
        self._apply(diff)
        self._equal("text mode", text, expected)
        self._equal("after the diff", to_html(self.tree), expected)
        self.runs[-1].append((diff, expected))
        whole = merge({}, _over_the_wire(self.template.rendering().update(before)))
        self._equal("whole tree", to_html(whole), expected)
        return diff

    def follow(self, rng: random.Random, steps: int) -> None:
        """Check at every step of a random walk through the data."""
        data = random_assigns(rng)
        names = used(data, self.files.values())
        self.check(data)
        for _ in range(steps):
            self.step += rng.random() < 0.3
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                mutate(rng, data, names)
            self.check(data)

    def check_nothing(self, assigns: dict[str, Any]) -> None:
        """Check that a render without a change sends nothing."""
        diff = self.rendering.update(assigns)
        if diff != {}:
            raise LawBroken(f"nothing changed, but was sent: {diff}\n{self.story()}")

    def _apply(self, diff: dict[str, Any]) -> None:
        try:
            self.tree = merge(self.tree, _over_the_wire(diff)) if diff or not self.tree else self.tree
        except Exception as error:
            raise LawBroken(f"the client cannot merge {diff}: {error}\n{self.story()}") from error

    def _both_fail(self, assigns: dict[str, Any], error: Exception) -> None:
        self.failures += 1
        for render in (self.template.render, self.rendering.update):
            try:
                result = render(copy.deepcopy(assigns))
            except Exception as ours:
                if type(ours) is not type(error):
                    raise LawBroken(f"expected {error!r}, got {ours!r}\n{self.story()}") from ours
            else:
                raise LawBroken(f"expected {error!r}, got {result!r}\n{self.story()}")
        self.tree = {}
        self.runs.append([])

    def _equal(self, what: str, got: str, expected: str) -> None:
        if got != expected:
            raise LawBroken(f"{what}:\n  got      {got!r}\n  expected {expected!r}\n{self.story()}")

    def story(self) -> str:
        """Return the template's files for the error message."""
        return "\n".join(f"--- {name}\n{source}" for name, source in self.files.items())


def _over_the_wire(diff: dict[str, Any]) -> Any:
    return json.loads(json.dumps(diff))


class _Translations:
    """A catalogue for `gettext` that puts translated messages in brackets."""

    def gettext(self, message: str) -> str:
        return f"[{message}]"

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return f"[{singular if n == 1 else plural}]"

    def pgettext(self, context: str, message: str) -> str:
        return f"[{context}|{message}]"

    def npgettext(self, context: str, singular: str, plural: str, n: int) -> str:
        return f"[{context}|{singular if n == 1 else plural}]"
