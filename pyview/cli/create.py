"""`pyview new NAME`: write the files of a new view."""

import re
from dataclasses import dataclass
from pathlib import Path

_MODULE = """\
from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket
from pyview.events import AutoEventDispatch, event


class {name}Context(TypedDict):
    count: int


class {name}LiveView(AutoEventDispatch, LiveView[{name}Context]):
    async def mount(self, socket: LiveViewSocket[{name}Context], session: Any) -> None:
        socket.context = {{"count": 0}}

    @event
    async def increment(self, socket: LiveViewSocket[{name}Context]) -> None:
        socket.context["count"] += 1
"""
# `format` halves the braces: four of them become the two of a Jinja2 expression.
_TEMPLATE = """\
<section class="{css_class}">
  <h1>{title}</h1>
  <p>{{{{ count }}}}</p>
  <button phx-click="{{{{ increment }}}}">+</button>
</section>
"""
_STYLE = ".{css_class} {{\n  max-width: 40rem;\n  margin: 2rem auto;\n}}\n"
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


class CannotCreate(Exception):
    """The view was not created; the text says why."""


@dataclass(frozen=True)
class NewView:
    """The names of a view, made from its words: `UserList`, `user_list`, `user-list`."""

    words: tuple[str, ...]

    @classmethod
    def called(cls, name: str) -> "NewView":
        """Split a name into words. Raises `CannotCreate` for a name that no class can have."""
        words = tuple(word.lower() for word in _WORD.findall(name))
        if not words or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
            raise CannotCreate(
                f"expected a name of letters and digits, such as UserList or user_list, got {name!r}"
            )
        return cls(words)

    @property
    def module(self) -> str:
        return "_".join(self.words)

    def files(self, *, css: bool) -> dict[str, str]:
        """Return the contents of the files, by file name."""
        names = {
            "name": "".join(word.title() for word in self.words),
            "title": " ".join(self.words).capitalize(),
            "css_class": "-".join(self.words),
        }
        templates = {".py": _MODULE, ".html": _TEMPLATE} | ({".css": _STYLE} if css else {})
        return {f"{self.module}{suffix}": text.format(**names) for suffix, text in templates.items()}


def create_view(name: str, folder: Path, *, css: bool = True) -> list[Path]:
    """Write the files of a view called `name` into `folder`; return their paths.

    Raises `CannotCreate` and writes nothing if one of the files exists.
    """
    files = {folder / file: text for file, text in NewView.called(name).files(css=css).items()}
    taken = [path for path in files if path.exists()]
    if taken:
        raise CannotCreate(f"{taken[0]} already exists; nothing was written. Choose another name or --path")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text)
    return list(files)
