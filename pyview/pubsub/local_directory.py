"""The directory with the socket of each worker of one host.

Only the user who owns it can open it, so every process that connects runs as the same user, who could also read the
secret and the state file of the application. A shared key would keep no further process out.
"""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from pyview.environment.private_directory import check_private_directory, make_private_directory

MAX_WORKERS: Final = 256
_SUFFIX: Final = ".sock"
_BACKLOG: Final = 256  # a worker that is busy for a moment must not refuse the others
# The address of a Unix socket has 104 bytes on macOS and 108 on Linux, with the final NUL.
_MAX_ADDRESS: Final = 103


class SocketDirectory:
    """A directory of sockets, one for each worker. It is created by the first worker and removed by the last."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def listen(self, worker_id: str) -> socket.socket:
        """Return a socket that listens under the name of this worker. Raises `OSError`."""
        make_private_directory(self.path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        unfinished = f"{worker_id}.{secrets.token_hex(4)}"
        try:
            listening.setblocking(False)
            with self._address(unfinished) as address:
                listening.bind(address)
            listening.listen(_BACKLOG)
            # A socket that is bound and does not listen yet looks like that of a dead worker, which is removed. So it
            # gets its name only now.
            os.rename(self.path / unfinished, self._file(worker_id))
        except OSError:
            listening.close()
            with suppress(OSError):
                os.unlink(self.path / unfinished)
            raise
        return listening

    def lists(self, worker_id: str) -> bool:
        """Return True if other workers find this worker."""
        return self._file(worker_id).exists()

    def workers(self) -> list[str]:
        """Return the ids of all workers, this one and dead ones included. Raises `OSError`."""
        check_private_directory(self.path)
        names = sorted(name for name in os.listdir(self.path) if name.endswith(_SUFFIX))
        return [name.removesuffix(_SUFFIX) for name in names[:MAX_WORKERS]]

    def connect(self, worker_id: str) -> socket.socket | None:
        """Return a connection to a worker, None if it cannot be reached now. Remove the socket of a dead worker."""
        connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connecting.setblocking(False)
        try:
            with self._address(f"{worker_id}{_SUFFIX}") as address:
                connecting.connect(address)
        except ConnectionRefusedError:
            connecting.close()
            self.remove(worker_id)
            return None
        except OSError:
            # It has just left, or does not accept connections because it is stopped or overloaded.
            connecting.close()
            return None
        return connecting

    def remove(self, worker_id: str) -> None:
        """Remove the socket of a worker."""
        with suppress(OSError):
            os.unlink(self._file(worker_id))

    def leave(self, worker_id: str) -> bool:
        """Remove the socket of a worker, and the directory if it is empty now. Return True if it was."""
        self.remove(worker_id)
        try:
            os.rmdir(self.path)
        except OSError:
            return False
        return True

    def _file(self, worker_id: str) -> Path:
        return self.path / f"{worker_id}{_SUFFIX}"

    @contextmanager
    def _address(self, name: str) -> Iterator[str]:
        """Yield the address of a socket in this directory, through a link if its path is too long."""
        path = str(self.path / name)
        if len(os.fsencode(path)) <= _MAX_ADDRESS:
            yield path
            return
        # It has a random name and a mode that keeps other users out, so that none of them can be there first.
        with TemporaryDirectory(prefix="pyview-", dir=_short_directory()) as short:
            link = Path(short) / "d"
            link.symlink_to(self.path)
            yield str(link / name)


def _short_directory() -> str:
    """Return the temporary directory; `/tmp` if another one was set whose path is itself too long."""
    directory = gettempdir()
    return directory if len(os.fsencode(directory)) <= _MAX_ADDRESS // 2 else "/tmp"  # noqa: S108  see above
