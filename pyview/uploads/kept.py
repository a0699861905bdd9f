"""A file that has arrived and waits for its view to return, perhaps in another worker of the same host."""

from dataclasses import astuple, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One entry of an upload whose file has arrived completely. `path` is that of its temporary file."""

    upload: str
    upload_ref: str
    ref: str
    name: str
    size: int
    type: str
    relative_path: str
    last_modified: int | None
    client_meta: Any
    path: str

    def data(self) -> list[Any]:
        return list(astuple(self))

    @classmethod
    def of(cls, data: list[Any]) -> "KeptFile":
        return cls(*data)
