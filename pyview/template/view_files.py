"""Files of a view: `count.html`, `count.css` and `count.js` beside `count.py`, or a template named on the class."""

import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jinja2 import TemplateNotFound

from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import LiveTemplate


class TemplateFileNotFound(FileNotFoundError):
    """A view has no template. `path` is the missing file, None for a class whose module has no file."""

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
    """Return the template of a view class.

    In this order: the class attribute `template`, a name for the environment's loader or a `LiveTemplate`; the class
    attribute `template_file`, a path relative to the module of the class that has the attribute; the `.html` file
    beside the module of the class, or of a base class. Raises `TemplateFileNotFound`, and Jinja2's TemplateNotFound and
    TemplateSyntaxError.
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
    """Return True if a class has a method `template`, which returns a template string."""
    return callable(getattr(cls, "template", None))


def layout_of(view: type, environment: LiveEnvironment, otherwise: Any = None) -> LiveTemplate | None:
    """Return the layout of a view class: its attribute `layout`, inherited from a base class or not, or `otherwise`.

    A name is a file beside the module of the class that has the attribute, else a name for the environment's loader.
    None if there is no layout, or if the attribute is False. Raises Jinja2's TemplateNotFound and TemplateSyntaxError.
    """
    # The file is beside the module of the class that names it, which may be a base class in another folder.
    owner = next((cls for cls in view.__mro__ if vars(cls).get("layout") is not None), None)
    named = otherwise if owner is None else vars(owner)["layout"]
    if named is None or named is False:
        return None
    if isinstance(named, LiveTemplate):
        return named
    module_file = None if owner is None else _module_file(owner)
    # A class from the interactive interpreter has no module file: there the path counts from the current
    # folder.
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
        if missing.name != name:  # a template that it extends: its own error has the line
            raise
        raise TemplateNotFound(name, _not_found(cls, name, environment)) from None


def _not_found(cls: type, name: str, environment: LiveEnvironment) -> str:
    close = get_close_matches(name, _names(environment), n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return (
        f"{cls.__qualname__} names the template {name!r}, which no loader finds.{meant} Set the template folder with"
        " PyView(templates=...); for a file beside the module, use template_file"
    )


def _names(environment: LiveEnvironment) -> list[str]:
    try:
        return environment.list_templates()
    except TypeError:  # a loader made of a function cannot list its templates
        return []


def template_path(view: type) -> Path | None:
    """Return the template file of a view class, existing or not; None for a class without a module file."""
    for cls in view.__mro__:
        named = vars(cls).get("template_file")
        module_file = _module_file(cls)
        if named is not None:
            return Path(named) if module_file is None else module_file.parent / named
    # Without any file, the path beside the class itself is the one that the error message names.
    return find_beside(view, ".html") or file_beside(view, ".html")


def stylesheet_path(view: type) -> Path | None:
    """Return the `.css` file of a view class, or of a base class; None if there is none."""
    return find_beside(view, ".css")


def script_path(view: type) -> Path | None:
    """Return the `.js` file of a view class, or of a base class; None if there is none."""
    return find_beside(view, ".js")


def find_beside(view: type, suffix: str) -> Path | None:
    """Return the file with that suffix beside the module of a class, or of a base class; None if there is none."""
    return next((path for path in paths_beside(view, [suffix]) if path.is_file()), None)


def paths_beside(view: type, suffixes: Iterable[str]) -> Iterator[Path]:
    """Yield the possible paths of a view class's files, its own before those of its base classes."""
    for suffix in suffixes:
        yield from filter(None, (file_beside(cls, suffix) for cls in view.__mro__))


def file_beside(view: type, suffix: str) -> Path | None:
    """Return the path beside the module of a class: `views/count.py` -> `views/count.html`."""
    module_file = _module_file(view)
    return None if module_file is None else module_file.with_suffix(suffix)


def _module_file(cls: type) -> Path | None:
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return None if file is None else Path(file)
