"""The uploads of one view and of its components, and what an application may allow at all."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pyview.config import SecurityConfig
from pyview.uploads.config import UploadConfig

_HEADER = 5 + 4 * 255  # the most that stands before the bytes of a chunk
_LISTED = 256  # bytes that one file has in the list of all, which its browser sends in one message


class UploadRegistry:
    """Uploads by the owner's number (None for the view itself) and by name; and by the reference that a browser uses.

    `most_listed` is how many chosen files one of them lists.

    Each comes with the socket that allowed it, which its callbacks get.
    """

    def __init__(self, limits: SecurityConfig) -> None:
        self._limits = limits
        self.most_listed = limits.max_upload_entries
        self._named: dict[tuple[int | None, str], tuple[UploadConfig, Any]] = {}

    def add(self, socket: Any, upload: UploadConfig) -> None:
        """Allow an upload; an earlier one of that name is replaced. Raises `ValueError` if that has entries still."""
        self._check_free(socket.cid, upload.name)
        self._named[socket.cid, upload.name] = upload, socket

    def get(self, cid: int | None, name: str) -> UploadConfig:
        """Raises `ValueError` for a name that is not allowed."""
        found = self._named.get((cid, name))
        if found is None:
            raise ValueError(
                f"no upload {name!r} is allowed here: call socket.allow_upload({name!r}, ...) in mount. "
                f"Allowed are {sorted(self.of(cid))}"
            )
        return found[0]

    def remove(self, cid: int | None, name: str) -> None:
        """Allow an upload no longer. Raises `ValueError` if it has entries, or is not allowed at all."""
        self.get(cid, name)
        self._check_free(cid, name)
        del self._named[cid, name]

    def release(self, cid: int | None) -> None:
        """The owner is gone: its uploads end."""
        for name, upload in self.of(cid).items():
            upload.close()
            del self._named[cid, name]

    def of(self, cid: int | None) -> dict[str, UploadConfig]:
        """The uploads of one owner, by name."""
        return {name: upload for (owner, name), (upload, _) in self._named.items() if owner == cid}

    def by_ref(self, ref: str) -> tuple[UploadConfig, Any] | None:
        """The upload and its socket."""
        return next((found for found in self._named.values() if found[0].ref == ref), None)

    def __iter__(self) -> Iterator[UploadConfig]:
        return (upload for upload, _ in list(self._named.values()))

    def _check_free(self, cid: int | None, name: str) -> None:
        found = self._named.get((cid, name))
        if found is not None and found[0].entries:
            raise ValueError(
                f"the upload {name!r} has entries: {found[0].entries}. "
                "Consume or cancel them before it is allowed anew, or no longer."
            )

    def limit_problems(
        self, rules: Mapping[str, Any], *, external: bool, said: Mapping[str, str] = MappingProxyType({})
    ) -> list[str]:
        """Return every rule that is more than `SecurityConfig` lets pass; `said` has other names of the rules."""
        limits = self._limits
        most = [
            ("chunk_size", limits.max_upload_frame - _HEADER, "max_upload_frame", limits.max_upload_frame),
            ("max_files", limits.max_upload_entries, "max_upload_entries", limits.max_upload_entries),
            ("max_files", limits.max_frame // _LISTED, "max_frame", limits.max_frame),
        ]
        if not external:
            most += [
                ("max_file_size", limits.max_upload_bytes, "max_upload_bytes", limits.max_upload_bytes),
                ("max_files", limits.max_uploads, "max_uploads", limits.max_uploads),
            ]
        return [
            _too_much(said.get(rule, rule), rules[rule], limit, allowed)
            for rule, highest, limit, allowed in most
            if isinstance(rules[rule], int) and rules[rule] > highest
        ]


def _too_much(name: str, value: int, limit: str, allowed: int) -> str:
    return (
        f"{name}={value} is more than SecurityConfig({limit}={allowed}) lets one browser have; "
        f"lower {name}, or raise {limit}"
    )
