"""The kept state of one view and of its components, as text and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import orjson

from pyview.uploads.kept import KeptFile

ComponentName: TypeAlias = tuple[str, str]
"""The key of a component's class, and its id as text."""

NOTHING_SENT: Final = -1


@dataclass(slots=True)
class KeptPart:
    """The kept part of one socket, that of a view or of a component: names of the context, flash, files."""

    values: dict[str, Any] = field(default_factory=dict)
    flash: dict[str, Any] = field(default_factory=dict)
    files: list[KeptFile] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.values or self.flash or self.files)


@dataclass(slots=True)
class KeptSnapshot:
    """The kept state of one view.

    `view` is the key of its class. `title` is None unless a handler has changed that of `mount`. `sent` is the number
    of messages that the page was sent on its last join, `NOTHING_SENT` for a view that keeps no streams. `template` is
    a digest of the template that the items of streams were rendered with, in development. `unfit`: it made the view
    fail, and is stored again only if the view fails without it, too; this is never stored.
    """

    view: str
    own: KeptPart = field(default_factory=KeptPart)
    title: str | None = None
    components: dict[ComponentName, KeptPart] = field(default_factory=dict)
    sent: int = NOTHING_SENT
    template: str = ""
    unfit: bool = False

    def text(self) -> str:
        """Return it as JSON. Equal snapshots have equal texts. Raises `TypeError` for what is not JSON-serialisable."""
        data: dict[str, Any] = {
            "view": self.view,
            "own": _data_of(self.own),
            "title": self.title,
            "components": [[*name, _data_of(part)] for name, part in self.components.items()],
            "sent": self.sent,
        }
        if self.template:
            data["template"] = self.template
        return orjson.dumps(data).decode()


def read(text: str) -> KeptSnapshot:
    """Return the snapshot of `text`, which was encrypted by this application: it is well-formed."""
    data = orjson.loads(text)
    components = {(view, id): _part_of(part) for view, id, part in data["components"]}
    own, template = _part_of(data["own"]), data.get("template", "")
    return KeptSnapshot(data["view"], own, data["title"], components, data["sent"], template)


def _data_of(part: KeptPart) -> list[Any]:
    return [part.values, part.flash, [each.data() for each in part.files]]


def _part_of(data: Any) -> KeptPart:
    values, flash, files = data
    return KeptPart(values, flash, [KeptFile.of(each) for each in files])


def component_name(cls: type, id: Any) -> ComponentName:
    """Return the name of a component that is the same in every worker."""
    return f"{cls.__module__}:{cls.__qualname__}", f"{type(id).__name__}:{id}"


def json_only(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that JSON can write."""
    return {name: value for name, value in values.items() if _is_json(value)}


def _is_json(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True
