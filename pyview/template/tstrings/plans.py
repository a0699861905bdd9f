"""The template strings of an application, each read once."""

from collections.abc import Iterator
from types import CodeType
from typing import Any, Final

from pyview.template.tree.change import ChangeRule
from pyview.template.tree.comprehension import comprehension
from pyview.template.tree.immutable import is_template_class
from pyview.template.tree.live import page_environment
from pyview.template.tree.nodes import ALWAYS, Diff, Fresh, Node, Segment, new_node
from pyview.template.tstrings.content import render_content
from pyview.template.tstrings.plan import Plan, row_segment

MOST_PLANS: Final = 4000
"""A program has so many template strings and more; beyond them the oldest are read again."""


class Plans:
    """Renders template strings for one environment. What it keeps follows from the program's text alone."""

    def __init__(self, rule: ChangeRule) -> None:
        self.rule = rule
        self.rows = row_segment(["", ""], rule)
        self._alone = Segment("content", ["", ""], ALWAYS)
        self._alone.rule = rule
        rule.register(CodeType)
        self._names: dict[CodeType, frozenset[str]] = {}
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, template: Any) -> Plan:
        """What is known of a template string. Raises TemplateStringError for one that is no HTML."""
        plan = self._plans.get(template.strings)
        if plan is None:
            plan = Plan(template, self.rule)
            _make_room(self._plans)
            self._plans[plan.strings] = plan
        return plan

    def names_read(self, code: CodeType) -> frozenset[str]:
        """The names that a function's code may look up among its globals."""
        names = self._names.get(code)
        if names is None:
            _make_room(self._names)
            names = self._names[code] = frozenset(_names_in(code))
        return names

    def render(self, fresh: Fresh, previous: Any, template: Any) -> tuple[Any, Any]:
        """The slot of a template string: (node, what changed)."""
        return self.plan(template).render(self, fresh, previous, template)

    def content(self, fresh: Fresh, previous: Any, value: Any) -> tuple[Any, Any]:
        """The slot of anything that may stand between tags: (what to retain, what changed)."""
        return render_content(self, fresh, previous, value)

    def alone(self, fresh: Fresh, previous: Any, value: Any) -> tuple[Any, Any]:
        """A node with one slot, for content that is the whole page: (node, what changed)."""
        diff: Diff = {}
        known = previous.__class__ is Node and previous.segment is self._alone
        node = previous if known else new_node(self._alone, fresh, diff)
        slot, change = render_content(self, fresh, node[0], value)
        if change is not None:
            node[0] = slot
            diff["0"] = change
        return node, diff or None

    def text(self, template: Any) -> str:
        """The HTML of a template string."""
        return self.plan(template).text(self, template)

    def render_rows(self, fresh: Fresh, previous: Any, items: list[Any]) -> tuple[Any, Any]:
        """The slot of a list: rows of one template string, or else of anything."""
        # The rows are numbers, which need no memory: every template string is here, and is compared slot by slot.
        numbers = range(len(items))
        plan = self._common(items)

        def row(fresh: Fresh, item: int, slots: list[Any], mask: int) -> Diff:
            return (
                self.mixed_row(fresh, items[item], slots)
                if plan is None
                else plan.update(self, fresh, items[item], slots)
            )

        segment = self.rows if plan is None else plan.row_segment
        return comprehension(fresh, previous, segment, numbers, row, ALWAYS, None, None)

    def mixed_row(self, fresh: Fresh, item: Any, slots: list[Any]) -> Diff:
        """A row that may hold anything."""
        slot, change = render_content(self, fresh, slots[0], item)
        if change is None:
            return {}
        slots[0] = slot
        return {"0": change}

    def _common(self, items: list[Any]) -> Plan | None:
        if not items or not is_template_class(type(items[0])):
            return None
        strings = items[0].strings
        for each in items:
            if not is_template_class(type(each)) or each.strings != strings:
                return None
        return self.plan(items[0])


class _Alone:
    """Stands for the environment where there is none."""

    def __init__(self) -> None:
        self.change_rule = ChangeRule()
        self.plans = Plans(self.change_rule)


def environment_of(fresh: Fresh) -> Any:
    """The template environment that something is rendered in."""
    if fresh.environment is None:
        fresh.environment = _Alone()
    return fresh.environment


def page_plans() -> Plans:
    """The plans of the page that is being made as text."""
    environment = page_environment()
    return Plans(ChangeRule()) if environment is None else environment.plans


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= MOST_PLANS:
        del kept[next(iter(kept))]


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
