"""Files that belong to a view: `count.html`, `count.css` and `count.js` beside `count.py`, or a template named on the
class.
"""

import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jinja2 import TemplateNotFound

from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import LiveTemplate


class TemplateFileNotFound(FileNotFoundError):
    """A view has no template. `path` is the file that was looked for, None for a class that came from no file."""

    def __init__(self, view: type, path: Path | None) -> None:
        self.view = view
        self.path = path
        where = f"no file {path}" if path else f"its module {view.__module__} has no file to look beside"
        super().__init__(
            f"{view.__qualname__} has no template: {where}. Write that file, or name one on the class"
            ' (`template = "name.html"` for the loader, `template_file = "path.html"` beside the module),'
            " or define render()"
        )


def template_for(view: type, environment: LiveEnvironment) -> LiveTemplate:
    """The template of a view class.

    In this order: what the class attribute `template` names to the environment's loader (or a `LiveTemplate` given
    there); the file that `template_file` names, beside the module of the class that says so; the `.html` file with
    the name of the module, of the class or else of a base class. Raises `TemplateFileNotFound`, and Jinja2's
    TemplateNotFound and TemplateSyntaxError.
    """
    named = getattr(view, "template", None)
    if isinstance(named, LiveTemplate):
        return named
    if named is not None:
        return _by_name(view, str(named), environment)
    path = template_path(view)
    if path is None or not path.is_file():
        raise TemplateFileNotFound(view, path)
    return LiveTemplate.from_file(path, environment)


def has_template_method(cls: type) -> bool:
    """Whether a class makes its content itself, in a method `template` that returns a template string."""
    return callable(getattr(cls, "template", None))


def layout_of(view: type, environment: LiveEnvironment, otherwise: Any = None) -> LiveTemplate | None:
    """The layout of a view class: what its attribute `layout` names, or that of a base class, or `otherwise`.

    A name is that of a file beside the module of the class that says so, else one that the environment's loader knows.
    None where there is none, or where the class says False. Raises Jinja2's TemplateNotFound and TemplateSyntaxError.
    """
    owner = next((cls for cls in view.__mro__ if vars(cls).get("layout") is not None), None)
    named = otherwise if owner is None else vars(owner)["layout"]
    if named is None or named is False:
        return None
    if isinstance(named, LiveTemplate):
        return named
    module_file = None if owner is None else _module_file(owner)
    path = Path(named) if module_file is None else module_file.parent / named
    return (
        LiveTemplate.from_file(path, environment)
        if path.is_file()
        else _by_name(owner or view, str(named), environment)
    )


def _by_name(cls: type, name: str, environment: LiveEnvironment) -> LiveTemplate:
    try:
        return LiveTemplate.from_loader(name, environment)
    except TemplateNotFound as missing:
        if missing.name != name:  # one that it extends, whose own error has the line
            raise
        raise TemplateNotFound(name, _not_found(cls, name, environment)) from None


def _not_found(cls: type, name: str, environment: LiveEnvironment) -> str:
    close = get_close_matches(name, _names(environment), n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return (
        f"{cls.__qualname__} names the template {name!r}, which no loader finds.{meant} PyView(templates=...) says"
        " where they are; for a file beside the module, say template_file"
    )


def _names(environment: LiveEnvironment) -> list[str]:
    try:
        return environment.list_templates()
    except TypeError:  # a loader of functions knows no list
        return []


def template_path(view: type) -> Path | None:
    """The template file of a view class, whether it exists or not; None for a class without a module file."""
    for cls in view.__mro__:
        named = vars(cls).get("template_file")
        module_file = _module_file(cls)
        if named is not None:
            return Path(named) if module_file is None else module_file.parent / named
    return find_beside(view, ".html") or file_beside(view, ".html")


def stylesheet_path(view: type) -> Path | None:
    """The `.css` file of a view class, or of a base class; None if there is none."""
    return find_beside(view, ".css")


def script_path(view: type) -> Path | None:
    """The `.js` file of a view class, or of a base class; None if there is none."""
    return find_beside(view, ".js")


def find_beside(view: type, suffix: str) -> Path | None:
    """The file with that suffix and the name of the class's module, or of a base class's; None if there is none."""
    return next((path for path in places_beside(view, [suffix]) if path.is_file()), None)


def places_beside(view: type, suffixes: Iterable[str]) -> Iterator[Path]:
    """Where the files of a view class may be, its own before those of its base classes."""
    for suffix in suffixes:
        yield from filter(None, (file_beside(cls, suffix) for cls in view.__mro__))


def file_beside(view: type, suffix: str) -> Path | None:
    """The path that belongs to the class by its module's: `views/count.py` -> `views/count.html`."""
    module_file = _module_file(view)
    return None if module_file is None else module_file.with_suffix(suffix)


def _module_file(cls: type) -> Path | None:
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return None if file is None else Path(file)
