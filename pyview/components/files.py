"""Which template a component class has: named on the class, its own method, or a file beside its module."""

import re
import sys
from pathlib import Path

from pyview.live_view import LiveView
from pyview.template.environment import LiveEnvironment
from pyview.template.files import TemplateFileNotFound, file_beside, has_template_method, template_for
from pyview.template.live_template import LiveTemplate


def component_template(component: type, environment: LiveEnvironment) -> LiveTemplate | None:
    """None for a class whose `template` is a method. Raises `TemplateFileNotFound`, and what Jinja2 raises.

    Beside the module of a class `StarRating`, `star_rating.html` is looked for first; then the file with the name of
    the module, unless the module has a view, whose file that is.
    """
    if has_template_method(component):
        return None
    if getattr(component, "template", None) is None and not hasattr(component, "template_file"):
        return _beside(component, environment)
    return template_for(component, environment)


def _beside(component: type, environment: LiveEnvironment) -> LiveTemplate:
    own: Path | None = None
    for cls in component.__mro__:
        module_file = file_beside(cls, ".html")
        if module_file is None or cls.__module__.startswith("pyview."):
            continue
        named = module_file.with_name(f"{_snake_case(cls.__name__)}.html")
        own = own or named
        if named.is_file():
            return LiveTemplate.from_file(named, environment)
        if module_file.is_file() and not _has_view(cls.__module__):
            return LiveTemplate.from_file(module_file, environment)
    raise TemplateFileNotFound(component, own)


def _has_view(module: str) -> bool:
    found = vars(sys.modules[module]).values()
    return any(
        isinstance(one, type) and issubclass(one, LiveView) and one.__module__ == module for one in found
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
