"""Password hashes, computed in threads: one takes a tenth of a second, which would block all pages."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash

AT_ONCE = 2  # each takes 64 MB


class Passwords:
    """Argon2 by default, with the cost that pwdlib recommends."""

    def __init__(self, hasher: PasswordHash | None = None) -> None:
        self._hasher = hasher or PasswordHash.recommended()
        self._threads = ThreadPoolExecutor(AT_ONCE, "password")
        self._unknown_hash = self.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    async def hashed(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.hash, password)

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Return True if the password is right. ``password_hash`` is None for an unknown account.

        An unknown account takes as long as a wrong password, so that the time does not reveal which accounts exist.
        """
        verify, against = self._hasher.verify, password_hash or self._unknown_hash
        same = await asyncio.get_running_loop().run_in_executor(self._threads, verify, password, against)
        return same and password_hash is not None
