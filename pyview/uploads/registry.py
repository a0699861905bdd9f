"""The uploads of one view and of its components, and what an application may allow at all."""

from collections.abc import Iterator
from typing import Any

from pyview.config import SecurityConfig
from pyview.uploads.config import UploadConfig

_HEADER = 5 + 4 * 255  # the most that stands before the bytes of a chunk


class UploadRegistry:
    """Uploads by the owner's number (None for the view itself) and by name; and by the reference that a browser uses.

    Each comes with the socket that allowed it, which its callbacks get.
    """

    def __init__(self, limits: SecurityConfig) -> None:
        self._limits = limits
        self._named: dict[tuple[int | None, str], tuple[UploadConfig, Any]] = {}

    def add(self, socket: Any, upload: UploadConfig) -> None:
        """Allow an upload; an earlier one of that name is replaced.

        Raises `ValueError` if that one has entries still, or for what `SecurityConfig` does not let pass.
        """
        self._check(upload)
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

    def _check(self, upload: UploadConfig) -> None:
        wanted, limits = upload.constraints, self._limits
        if wanted.chunk_size > limits.max_upload_frame - _HEADER:
            frame = limits.max_upload_frame
            raise _too_much(upload, "chunk_size", wanted.chunk_size, "max_upload_frame", frame)
        if upload.is_external:
            return
        if wanted.max_file_size > limits.max_upload_bytes:
            raise _too_much(
                upload, "max_file_size", wanted.max_file_size, "max_upload_bytes", limits.max_upload_bytes
            )
        if wanted.max_files > limits.max_uploads:
            raise _too_much(upload, "max_entries", wanted.max_files, "max_uploads", limits.max_uploads)


def _too_much(upload: UploadConfig, name: str, value: int, limit: str, allowed: int) -> ValueError:
    return ValueError(
        f"the upload {upload.name!r} wants {name}={value}, and SecurityConfig({limit}={allowed}) is the most that one "
        f"browser may have; lower {name}, or raise {limit}"
    )
