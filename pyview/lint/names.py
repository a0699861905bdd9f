"""Names in templates that the typed context of their view does not have."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from jinja2 import meta, nodes

from pyview.lint.finding import Finding
from pyview.lint.sources import Source

LOOSE_NAMES = frozenset(
    {"flash", "streams", "inner_content", "myself", "slots", "caller", "self", "super", "loop", "varargs"}
)


def context_type(cls: type) -> Any:
    """`Count` of `class CountView(LiveView[Count])`; None for one that says nothing."""
    for base in cls.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            origin = get_origin(generic)
            if isinstance(origin, type) and hasattr(origin, "mount"):
                found = get_args(generic)[0]
                return None if isinstance(found, TypeVar) or found is Any else found
    return None


def names_of_context(context: Any) -> frozenset[str] | None:
    """The names that a context of that type has, None where any could be."""
    if is_typeddict(context):
        return frozenset(_hints(context))
    if is_dataclass(context) or hasattr(context, "__pydantic_fields__"):
        if getattr(context, "model_config", {}).get("extra") == "allow":
            return None
        return frozenset({*_hints(context), *(name for name in dir(context) if not name.startswith("_"))})
    return None


def unknown_names(source: Source, known: frozenset[str], where: str) -> Iterator[Finding]:
    """A finding for the first use of each name that nobody gives. `where` says whose context it is."""
    wanted = meta.find_undeclared_variables(source.tree) - known - LOOSE_NAMES - _asked_for(source.tree)
    for name in sorted(wanted):
        close = get_close_matches(name, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        yield Finding(
            source.file,
            source.line(_first_use(source.tree, name)),
            "unknown-name",
            f"{where} has no {name!r}{meant}",
        )


def _hints(context: Any) -> dict[str, Any]:
    try:
        return get_type_hints(context)
    except (NameError, TypeError):
        return dict(getattr(context, "__annotations__", {}))


def _asked_for(tree: nodes.Template) -> set[str]:
    """Names whose absence the template has thought of: `name is defined`, `name|default(...)`."""
    tests = (test.node for test in tree.find_all(nodes.Test) if test.name in ("defined", "undefined"))
    filters = (one.node for one in tree.find_all(nodes.Filter) if one.name in ("default", "d"))
    return {node.name for node in (*tests, *filters) if isinstance(node, nodes.Name)}


def _first_use(tree: nodes.Template, name: str) -> int:
    uses = (one.lineno for one in tree.find_all(nodes.Name) if one.name == name)
    return min(uses, default=1)
