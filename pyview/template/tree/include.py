"""An included file is a unit of its own: it compares its inputs, and so may be passed over."""

from collections.abc import Mapping
from typing import Any

from jinja2.environment import Template
from jinja2.runtime import Context
from jinja2.utils import internalcode, missing

from pyview.template.tree.nodes import ALWAYS, Fresh, Unit


@internalcode
def include(
    fresh: Fresh, previous: Any, template: Template, context: Context, names: Mapping[str, Any]
) -> tuple[Any, Any]:
    """The slot of an included template, which sees the context and the local `names` around the tag."""
    root: Any = template.root_render_func
    if (
        previous.__class__ is Unit
        and previous.segment is root.segment
        and _unchanged(previous, context, names)
    ):
        return previous, None
    inner = template.new_context(context.get_all(), True, names)
    result: tuple[Any, Any] = root.tree(inner, previous, fresh)
    return result


def _unchanged(unit: Unit, context: Context, names: Mapping[str, Any]) -> bool:
    # Saves building the inner context, which costs more than to render most included files.
    segment = unit.segment
    if segment.mask & ALWAYS:
        return False
    resolve, same = context.resolve_or_missing, segment.rule.same
    for name, token in zip(segment.names, unit.inputs, strict=True):
        value = names.get(name, missing)
        if value is missing:
            value = resolve(name)
        if value is not token and not same(value, token):
            return False
    return True
