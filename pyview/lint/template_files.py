"""Read the template files that a view or component uses, each file once."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, TemplateError, TemplateNotFound, meta, nodes

from pyview.lint.finding import Finding
from pyview.lint.html import HtmlElement, elements
from pyview.lint.unclosed_tags import TagBody, tag_bodies
from pyview.template.live_template import LiveTemplate


@dataclass(frozen=True, slots=True)
class ParsedTemplate:
    """One template file, or one template in a Python module.

    `first` is the line of the file on which the text begins. `exact` is False for a template in a Python module: the
    lines of its text are not known there, so every finding is reported at `first`.
    """

    file: str
    text: str
    tree: nodes.Template
    elements: tuple[HtmlElement, ...]
    bodies: tuple[TagBody, ...]
    first: int = 1
    exact: bool = True

    def line(self, line: int) -> int:
        """Return the line of the file for a line of the text."""
        return line if self.exact else self.first

    def is_same_text(self, other: "ParsedTemplate") -> bool:
        return (self.file, self.first) == (other.file, other.first)


@dataclass(frozen=True, slots=True)
class UsedTemplates:
    """A template with `all` the files that it includes, extends and imports; `own` is the template itself.

    `complete` is False if the name of a file is computed when the page is rendered, so that `all` may lack it.
    `errors` are findings about files that do not exist or that Jinja2 cannot parse.
    """

    own: ParsedTemplate
    all: tuple[ParsedTemplate, ...]
    complete: bool
    errors: tuple[Finding, ...]


class TemplateFiles:
    """Reader of template files. It keeps files that refer to no other, such as a library that every view imports."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Environment, str, str], ParsedTemplate] = {}

    def used(self, cls: type, template: object) -> UsedTemplates | None:
        """Return the files of `template`, which `cls` uses; None if there is no text to read."""
        text = template.source() if isinstance(template, LiveTemplate) else None
        if not isinstance(template, LiveTemplate) or text is None:
            return None
        environment, file = template.environment, template.filename
        is_file = file is not None and Path(file).is_file()
        first = (str(file), 1) if is_file else position_of(cls)
        own = _parse(text, first, environment, exact=is_file)
        if own is None:
            return None
        # A template in a Python module has the file of its class, which an included file cannot have: key it by "".
        found, complete = {own.file if is_file else "": own}, True
        waiting = [own]
        while waiting:
            for name in meta.find_referenced_templates(waiting.pop().tree):
                referenced = None if name is None else self._load(name, environment)
                complete = complete and referenced is not None
                if referenced is not None and referenced.file not in found:
                    found[referenced.file] = referenced
                    waiting.append(referenced)
        errors = tuple(error for source in found.values() for error in self._errors(source, environment))
        return UsedTemplates(own, tuple(found.values()), complete, errors)

    def _load(self, name: str, environment: Environment) -> ParsedTemplate | None:
        if environment.loader is None:
            return None
        try:
            text, file, _ = environment.loader.get_source(environment, name)
        except TemplateNotFound:
            return None
        key = _key(environment, file or name, text)
        if key in self._kept:
            return self._kept[key]
        parsed = _parse(text, (file or name, 1), environment)
        # What a file refers to depends on the loader, which may differ for each view.
        if parsed is not None and not [*meta.find_referenced_templates(parsed.tree)]:
            self._kept[key] = parsed
        return parsed

    def _errors(self, source: ParsedTemplate, environment: Environment) -> Iterator[Finding]:
        """Report files that `source` names as text and that do not exist or cannot be parsed."""
        for node in source.tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
            template = getattr(node, "template", None)
            name = template.value if isinstance(template, nodes.Const) else None
            optional = isinstance(node, nodes.Include) and node.ignore_missing
            # Jinja2 shows nothing for a missing file that is included with `ignore missing`.
            if not isinstance(name, str) or environment.loader is None or optional:
                continue
            try:
                text, file, _ = environment.loader.get_source(environment, name)
                if _key(environment, file or name, text) not in self._kept:
                    environment.parse(text, name)
            except TemplateNotFound:
                problem = f"there is no template {name!r}"
                yield Finding(source.file, source.line(node.lineno), "template-error", problem)
            except TemplateError as error:
                problem = f"the template {name!r}: {error.message}"
                yield Finding(source.file, source.line(node.lineno), "template-error", problem)


def _key(environment: Environment, file: str, text: str) -> tuple[Environment, str, str]:
    """Return what decides how a file is parsed: overlays have the filters and the syntax of their environment."""
    while environment.linked_to is not None:
        environment = environment.linked_to
    return environment, file, text


def _parse(
    text: str, position: tuple[str, int], environment: Environment, *, exact: bool = True
) -> ParsedTemplate | None:
    file, first = position
    try:
        tree = environment.parse(text)
        parts = tuple(elements(text, environment)), tuple(tag_bodies(tree))
    except TemplateError:
        return None  # reported where the template is loaded for its view, with file and line
    return ParsedTemplate(file, text, tree, *parts, first, exact=exact)


def position_of(cls: type) -> tuple[str, int]:
    """Return the file and the line of a class; the module's name and 0 if there is no source."""
    try:
        return str(inspect.getsourcefile(cls)), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return cls.__module__, 0
