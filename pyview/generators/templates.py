"""Templates of the generated files: files with the suffix `.tmpl` in the folder `templates`.

They have delimiters of their own, because the generated files contain Jinja2 themselves: `[= name =]`, `[% if x %]`,
`[# comment #]`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

FOLDER = Path(__file__).parent / "templates"
SUFFIX = ".tmpl"
LINE_LENGTH = 100  # of generated Python, as its pyproject.toml tells ruff


def render(template: str, **values: object) -> str:
    """Return the text of a generated file. `template` is a path below the folder of templates."""
    return _environment().get_template(template).render(**values)


def render_tree(folder: str, names: Mapping[str, str], **values: object) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file that the templates below `folder` make, in the order of their paths.

    In a path, a key of `names` stands for its value, such as `package`, and `dot_` for a leading dot.
    """
    root = FOLDER / folder
    for file in sorted(root.rglob(f"*{SUFFIX}")):
        path = file.relative_to(root).as_posix()
        yield _target(path, names), render(f"{folder}/{path}", **names, **values)


def _target(template: str, names: Mapping[str, str]) -> str:
    parts = PurePosixPath(template.removesuffix(SUFFIX)).parts
    return "/".join(_part(part, names) for part in parts)


def _part(part: str, names: Mapping[str, str]) -> str:
    stem, dot, suffix = part.partition(".")
    if stem.startswith("dot_"):
        return f".{stem.removeprefix('dot_')}{dot}{suffix}"
    return f"{names.get(stem, stem)}{dot}{suffix}"


def import_line(module: str, *names: str) -> str:
    """Return `from module import names`, on several lines if it is too long for one."""
    ordered = sorted(names, key=import_order)
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= LINE_LENGTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"


def import_order(name: str) -> tuple[int, str]:
    """Return the sort key of an imported name: constants, then classes, then the others, as ruff sorts them."""
    plain = name.split(" as ")[0].strip()
    kind = 0 if plain.isupper() and len(plain) > 1 else 1 if plain[:1].isupper() else 2
    return kind, name


@cache
def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(FOLDER),
        autoescape=False,  # Python, TOML and templates, made from checked names
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        variable_start_string="[=",
        variable_end_string="=]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
    names: dict[str, Any] = {"import_line": import_line}
    environment.globals.update(names)
    return environment
