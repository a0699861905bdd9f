"""The script and the style sheet beside a view, under names that change with their content."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from pyview.live_view import LiveView
from pyview.template.view_files import places_beside, script_path, stylesheet_path
from pyview.wire.message import encoded

ViewClass = type[LiveView[Any]]
Stamp = tuple[tuple[int, int] | None, ...]

FILES_EVENT: Final = "pyview:files"
"""The event that tells a page, before it is patched, which files its new view has."""


class ViewFile(NamedTuple):
    """One file. `name` has a digest of the content in it: `count-1f3a...e2.js`."""

    name: str
    content: bytes


class FilesOfView(NamedTuple):
    """What stands beside a view, if it does. `view` is how its hooks are called: `Counter.Chart`."""

    view: str
    script: ViewFile | None
    style: ViewFile | None

    def announcement(self, dom_id: str) -> orjson.Fragment:
        """What the browser is told of the view in the element of that id."""
        names = {"script": self.script and self.script.name, "style": self.style and self.style.name}
        return encoded({"id": dom_id, "view": self.view, **names}, FILES_EVENT)


class ViewFiles:
    """The files of an application's views. With `reread` they are read again whenever they are asked for."""

    def __init__(self, *, reread: bool) -> None:
        self._reread = reread
        self._of: dict[ViewClass, FilesOfView | None] = {}
        self._named: dict[str, ViewFile] = {}
        self._places: dict[ViewClass, tuple[str, ...]] = {}

    def of(self, view_class: ViewClass) -> FilesOfView | None:
        """None for a view that has neither."""
        if self._reread or view_class not in self._of:
            self._of[view_class] = self._found(view_class)
        return self._of[view_class]

    def stamp(self, view_class: ViewClass) -> Stamp:
        """How old all files are now that could be those of a view, without one for those that are not there."""
        if view_class not in self._places:
            self._places[view_class] = tuple(map(str, places_beside(view_class, (".js", ".css"))))
        return tuple(map(_age, self._places[view_class]))

    def named(self, name: str) -> ViewFile | None:
        """The file of that name, if it belongs to a view of this program: another worker may have named it."""
        if name not in self._named:
            for view_class in _subclasses(LiveView):
                self.of(view_class)
        return self._named.get(name)

    def _found(self, view_class: ViewClass) -> FilesOfView | None:
        script, style = self._read(script_path(view_class)), self._read(stylesheet_path(view_class))
        return FilesOfView(view_class.__name__, script, style) if script or style else None

    def _read(self, path: Path | None) -> ViewFile | None:
        if path is None:
            return None
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # some editors take a file away before they write it anew
            return None
        name = f"{path.stem}-{sha256(content).hexdigest()[:20]}{path.suffix}"
        return self._named.setdefault(name, ViewFile(name, content))


def _age(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _subclasses(cls: type) -> set[type]:
    own: set[type] = set(cls.__subclasses__())
    return own.union(*map(_subclasses, own))
