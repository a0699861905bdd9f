"""Declarations of the macros that a template imports from another file, and the names that the core components have."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.environment import Environment, get_spontaneous_environment
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.parser import Parser

from pyview.template.compiler.analysis import bindings
from pyview.template.compiler.code_key import SYNTAX
from pyview.template.compiler.declarations import declared_macros
from pyview.template.core.library import is_index, is_library_file, topics
from pyview.template.declared.declaration import Declaration, guess


class _Use(NamedTuple):
    """A macro of another file, as a template uses it: its name there, the name here, `card` or `ui.card`, the line."""

    macro: str
    here: str
    line: int


class _File(NamedTuple):
    """A template as its loader finds it."""

    source: str
    name: str
    filename: str | None


def imported_macros(
    tree: nodes.Template, environment: Environment, name: str | None, filename: str | None
) -> dict[str, Declaration]:
    """Return the declared macros that a template uses of files that it imports by a constant name.

    Raises TemplateSyntaxError if the core components have no macro of a used name.
    """
    found: dict[str, Declaration] = {}
    for template, uses in _imports(tree):
        file = _file_of(template, environment, name)
        if file is None:
            continue
        if is_index(file.filename):
            _check_names(uses, name, filename)
            found.update(_declared_in_library(uses, environment))
        else:
            found.update(_declared_in(file, uses, environment))
    return found


def core_components(tree: nodes.Template, environment: Environment, parent: str | None) -> Mapping[str, str]:
    """Return the core components that a template uses, by their names there: "ui.icon" -> "icon".

    Those of a topic that the application has a file of its own for are left out.
    """
    found = {
        use.here: use.macro
        for template, uses in _imports(tree)
        if uses and _is_import_of_index(template, environment, parent)
        for use in uses
    }
    own = {topic for topic in {topics()[macro] for macro in found.values()} if _is_own(topic, environment)}
    return {here: macro for here, macro in found.items() if topics()[macro] not in own}


def _is_own(topic: str, environment: Environment) -> bool:
    file = _file_named(topic, environment)
    return file is None or not is_library_file(file.filename)


def _is_import_of_index(template: nodes.Expr, environment: Environment, parent: str | None) -> bool:
    file = _file_of(template, environment, parent)
    return file is not None and is_index(file.filename)


def _declared_in_library(uses: Iterable[_Use], environment: Environment) -> dict[str, Declaration]:
    """Return the declarations of core components. Only the files of the topics that are used are parsed."""
    found: dict[str, Declaration] = {}
    for topic, group in groupby(sorted(uses, key=_topic_of), key=_topic_of):
        file = _file_named(topic, environment)
        if file is not None:
            found.update(_declared_in(file, group, environment))
    return found


def _topic_of(use: _Use) -> str:
    return topics()[use.macro]


def _declared_in(file: _File, uses: Iterable[_Use], environment: Environment) -> dict[str, Declaration]:
    macros = _macros_of(environment, file)
    return {use.here: macros[use.macro] for use in uses if use.macro in macros}


def _imports(tree: nodes.Template) -> Iterator[tuple[nodes.Expr, list[_Use]]]:
    """Yield the imported templates, each with the used macros. A name that is bound twice is left out."""
    taken = bindings(tree)
    attributes = [each for each in tree.find_all(nodes.Getattr) if isinstance(each.node, nodes.Name)]
    for node in tree.find_all(nodes.Import):
        if taken[node.target] == 1:
            yield node.template, [*_uses_of(node.target, attributes)]
    for imported in tree.find_all(nodes.FromImport):
        pairs = [each if isinstance(each, tuple) else (each, each) for each in imported.names]
        uses = [_Use(macro, here, imported.lineno) for macro, here in pairs if taken[here] == 1]
        yield imported.template, uses


def _uses_of(module: str, attributes: Iterable[nodes.Getattr]) -> Iterator[_Use]:
    for each in attributes:
        if isinstance(each.node, nodes.Name) and each.node.name == module:
            yield _Use(each.attr, f"{module}.{each.attr}", each.lineno)


def _check_names(uses: Iterable[_Use], name: str | None, filename: str | None) -> None:
    for use in uses:
        if use.macro not in topics():
            hint = guess(use.macro, topics()) or f". They are {', '.join(sorted(topics()))}"
            message = f"the core components have no {use.macro!r}{hint}"
            raise TemplateSyntaxError(message, use.line, name, filename)


def _file_of(template: nodes.Expr, environment: Environment, parent: str | None) -> _File | None:
    """Return the imported file. None if it is not known before the render."""
    if not isinstance(template, nodes.Const):
        return None
    return _file_named(environment.join_path(str(template.value), parent or ""), environment)


def _file_named(name: str, environment: Environment) -> _File | None:
    if environment.loader is None:
        return None
    try:
        source, filename, _ = environment.loader.get_source(environment, name)
    except TemplateError:
        return None  # the error is raised when the file is loaded
    return _File(source, name, filename)


def _macros_of(environment: Environment, file: _File) -> Mapping[str, Declaration]:
    try:
        if environment.extensions:
            return _macros_in(environment, file._replace(source=environment.preprocess(*file)))
        return _macros_in_syntax(tuple(getattr(environment, each) for each in SYNTAX), file)
    except TemplateError:
        return {}  # the error of that file is raised when it is loaded


@lru_cache(100)
def _macros_in_syntax(syntax: tuple[Any, ...], file: _File) -> Mapping[str, Declaration]:
    """Return the declared macros of a file. Each template that imports a library asks for those of the library."""
    return _macros_in(get_spontaneous_environment(Environment, *syntax), file)


def _macros_in(environment: Environment, file: _File) -> Mapping[str, Declaration]:
    # Jinja2's parser alone. `environment.parse` would check the calls of that file as well, and never end
    # for two files that import each other.
    return declared_macros(Parser(environment, *file).parse(), file.name, file.filename)
