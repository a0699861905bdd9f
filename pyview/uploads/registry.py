"""The uploads of one view and its components, and the limits of the application."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pyview.config import SecurityConfig
from pyview.uploads.config import UploadConfig

# Phoenix: one byte for the kind, one each for the lengths of join_ref, ref, topic and event, then these.
_HEADER = 5 + 4 * 255  # maximum bytes of a binary frame before those of the chunk
_LISTED = 256  # bytes of one file in the list of all files, which the browser sends in one frame


class UploadRegistry:
    """Uploads by owner and name, or by the browser's reference. The owner is a cid, or None for the view itself.

    Each is stored with the socket that allowed it, which is passed to its callbacks. `max_listed` is the maximum number
    of chosen files in one upload.
    """

    def __init__(self, limits: SecurityConfig) -> None:
        self._limits = limits
        self.max_listed = limits.max_upload_entries
        self._named: dict[tuple[int | None, str], tuple[UploadConfig, Any]] = {}

    def add(self, socket: Any, upload: UploadConfig) -> None:
        """Add an upload, or replace the one of the same name. Raises `ValueError` if that one still has entries."""
        self._check_free(socket.cid, upload.name)
        self._named[socket.cid, upload.name] = upload, socket

    def get(self, cid: int | None, name: str) -> UploadConfig:
        """Return the upload of that name. Raises `ValueError` if it is not allowed."""
        found = self._named.get((cid, name))
        if found is None:
            raise ValueError(
                f"no upload {name!r} is allowed here; allowed are {sorted(self.of(cid))}. Call "
                f"socket.allow_upload({name!r}, ...) in mount"
            )
        return found[0]

    def remove(self, cid: int | None, name: str) -> None:
        """Remove an upload. Raises `ValueError` if it has entries, or is not allowed."""
        self.get(cid, name)
        self._check_free(cid, name)
        del self._named[cid, name]

    def release(self, cid: int | None) -> None:
        """Close and remove the uploads of a component that is gone."""
        for name, upload in self.of(cid).items():
            upload.close()
            del self._named[cid, name]

    def of(self, cid: int | None) -> dict[str, UploadConfig]:
        """Return the uploads of one owner by name."""
        return {name: upload for (owner, name), (upload, _) in self._named.items() if owner == cid}

    def by_ref(self, ref: str) -> tuple[UploadConfig, Any] | None:
        """Return the upload with that reference and its socket; None if there is none."""
        return next((found for found in self._named.values() if found[0].ref == ref), None)

    def __iter__(self) -> Iterator[UploadConfig]:
        return (upload for upload, _ in list(self._named.values()))

    def _check_free(self, cid: int | None, name: str) -> None:
        found = self._named.get((cid, name))
        if found is not None and found[0].entries:
            raise ValueError(
                f"the upload {name!r} has entries: {found[0].entries}. Consume or cancel them before you call "
                "allow_upload again, or disallow_upload"
            )

    def limit_problems(
        self, rules: Mapping[str, Any], *, external: bool, names: Mapping[str, str] = MappingProxyType({})
    ) -> list[str]:
        """Return a text for each rule that exceeds a limit of `SecurityConfig`. For `names` see `rule_problems`."""
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
        problems = []
        for rule, highest, limit, allowed in most:
            if isinstance(rules[rule], int) and rules[rule] > highest:
                name = names.get(rule, rule)
                problems.append(
                    f"{name}={rules[rule]} exceeds SecurityConfig({limit}={allowed}), the limit for one browser; "
                    f"lower {name}, or raise {limit}"
                )
        return problems
