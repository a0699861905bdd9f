"""Changes of pyproject.toml: dependencies and tables. The text around them, with its comments, stays as it is."""

import re
import tomllib
from typing import Any

from pyview.generators.edits import append_to_file
from pyview.generators.source import PlaceNotFound

_DISTRIBUTION = re.compile(r"[A-Za-z0-9._-]+")
_STRINGS = r"""(?:[^\]"'#]|"[^"\n]*"|'[^'\n]*'|\#[^\n]*)*"""


def add_dependency(text: str, requirement: str, group: str | None = None) -> str:
    """Add a requirement to the dependencies of the project, or to a dependency group; nothing if it is there.

    Raises `PlaceNotFound` if the file has no such list.
    """
    table, key = ("project", "dependencies") if group is None else ("dependency-groups", group)
    present = _read(text).get(table, {}).get(key, [])
    if _distribution(requirement) in (_distribution(each) for each in present if isinstance(each, str)):
        return _with_extras(text, requirement, present)
    where = re.search(
        rf"^\[{table}\]\s*$(?:(?!^\[).*\n)*?^{re.escape(key)}\s*=\s*\[(?P<items>{_STRINGS})\]", text, re.M
    )
    if where is None:
        raise PlaceNotFound(f"{key} in [{table}]")
    items = where["items"]
    if "\n" not in items:  # all on one line
        added = (f"{items.rstrip(', ')}, " if items.strip() else "") + f'"{requirement}"'
    else:
        comma = "" if not items.strip() or items.rstrip().endswith(",") or _ends_in_comment(items) else ","
        added = f'{items.rstrip()}{comma}\n  "{requirement}",\n'
    return text[: where.start("items")] + added + text[where.end("items") :]


def _with_extras(text: str, requirement: str, present: list[Any]) -> str:
    """Add the extras of a requirement, as in `pyview-live[auth]`, to the one that is there."""
    old = next(each for each in present if _distribution(each) == _distribution(requirement))
    extras = {*_extras(old), *_extras(requirement)}
    if extras == set(_extras(old)):
        return text
    name = _DISTRIBUTION.match(old)
    rest = re.sub(r"^\s*\[[^\]]*\]", "", old[name.end() :]) if name else ""
    new = f"{name[0] if name else old}[{','.join(sorted(extras))}]{rest}"
    return text.replace(f'"{old}"', f'"{new}"', 1)


def _extras(requirement: str) -> list[str]:
    found = re.match(r"[A-Za-z0-9._-]+\s*\[([^\]]*)\]", requirement)
    return [each.strip() for each in found[1].split(",") if each.strip()] if found else []


def _distribution(requirement: str) -> str:
    found = _DISTRIBUTION.match(requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else requirement


def _ends_in_comment(items: str) -> bool:
    return "#" in items.rstrip().rpartition("\n")[2]


def add_table(text: str, table: str) -> str:
    """Add a table at the end of the file, unless a table of that name is there."""
    header = table.strip().partition("\n")[0].strip()
    if any(line.strip() == header for line in text.splitlines()):
        return text
    return append_to_file(text, f"\n{table.strip()}")


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlaceNotFound(f"valid TOML ({error})") from None
