"""Rule about names in a template that the context of its view does not have."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, get_origin, get_type_hints, is_typeddict

from jinja2 import meta, nodes

from pyview.components.component import LiveComponent
from pyview.components.template_names import component_classes, function_components
from pyview.keeping.contexts import context_type
from pyview.lint.context_code import names_in_code
from pyview.lint.finding import Finding
from pyview.lint.modules import Modules
from pyview.lint.template_files import ParsedTemplate
from pyview.lint.template_users import LiveApp, TemplateUser
from pyview.routing.routes import LiveRoute
from pyview.template.live_template import LiveTemplate

ALWAYS_KNOWN = frozenset(
    {"flash", "streams", "inner_content", "myself", "slots", "caller", "self", "super", "loop", "varargs"}
)


def names_without_value(user: TemplateUser, app: LiveApp, modules: Modules) -> Iterator[Finding]:
    """Report names in the template of `user` that its context certainly does not have."""
    cls = user.cls
    if user.templates is None or _others_add_names(cls, app):
        return
    context = context_type(cls)
    names = None if context is None else names_of_context(context)
    described = f"{getattr(context, '__qualname__', context)}, the context,"
    # A dict has no declared names, but the code that fills it may name them all.
    if names is None and (context is None or context in (dict, Any) or get_origin(context) is dict):
        names, described = names_in_code(cls, modules), f"the context of {cls.__qualname__}"
    if names is not None:
        of_module = component_classes(cls).keys() | function_components(cls).keys()
        # With `AutoEventDispatch`, `{{ increment }}` prints the name of an event, so templates use names of
        # methods.
        methods = {name for name in dir(cls) if not name.startswith("_")}
        known = names | of_module | _globals(cls, app) | methods
        yield from unknown_names(user.templates.own, frozenset(known), described)


def _others_add_names(cls: type, app: LiveApp) -> bool:
    """Return True if hooks, the application or the parent of a component add names to the context."""
    routes = [route for route in app.routes if isinstance(route, LiveRoute) and route.view_class is cls]
    own_hooks: Any = vars(cls).get("on_mount", ())
    is_component = issubclass(cls, LiveComponent)
    return is_component or app.adds_names or bool(own_hooks) or any(route.hooks for route in routes)


def _globals(cls: type, app: LiveApp) -> set[str]:
    """Return the global names of the application's environment and of the class's own template."""
    template = getattr(cls, "template", None)
    own = template.environment.globals if isinstance(template, LiveTemplate) else ()
    return {*app.view_templates.environment.globals, *own}


def names_of_context(context: Any) -> frozenset[str] | None:
    """Return the names that a context of that type has; None if it may have any name."""
    # A type checker accepts no other keys in a `TypedDict`, so its names are all there are.
    if is_typeddict(context):
        return frozenset(_hints(context))
    if is_dataclass(context) or hasattr(context, "__pydantic_fields__"):
        if getattr(context, "model_config", {}).get("extra") == "allow":
            return None
        return frozenset({*_hints(context), *(name for name in dir(context) if not name.startswith("_"))})
    return None


def _hints(context: Any) -> dict[str, Any]:
    try:
        return get_type_hints(context)
    except (NameError, TypeError):
        # A name that is imported for type checkers only cannot be resolved. The names of the fields are
        # enough here.
        return dict(getattr(context, "__annotations__", {}))


def unknown_names(source: ParsedTemplate, known: frozenset[str], context: str) -> Iterator[Finding]:
    """Report the first use of each name that is not known. `context` describes the context in the finding."""
    undeclared = meta.find_undeclared_variables(source.tree)
    for name in sorted(undeclared - known - ALWAYS_KNOWN - _optional_names(source.tree)):
        close = get_close_matches(name, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        line = min((one.lineno for one in source.tree.find_all(nodes.Name) if one.name == name), default=1)
        yield Finding(source.file, source.line(line), "unknown-name", f"{context} has no {name!r}{meant}")


def _optional_names(tree: nodes.Template) -> set[str]:
    """Return names that the template expects to be missing: `name is defined`, `name|default(...)`."""
    tests = (test.node for test in tree.find_all(nodes.Test) if test.name in ("defined", "undefined"))
    filters = (one.node for one in tree.find_all(nodes.Filter) if one.name in ("default", "d"))
    return {node.name for node in (*tests, *filters) if isinstance(node, nodes.Name)}
