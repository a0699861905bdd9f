"""Messages between two workers: a call and its answer, encrypted with a key of the application.

The broker is not trusted: who can publish there can neither read a message nor make one, and what one application sends
is worth nothing to another one.
"""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import orjson

from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets

MAX_AGE = 60  # seconds between sending and receiving
MAX_PAYLOAD = 8 * 1024 * 1024
_MAX_TEXT = MAX_PAYLOAD * 3 // 2  # base64 has four characters for three bytes

CALL, ANSWER, FAILURE = "call", "answer", "failure"


class WorkerMessage(NamedTuple):
    """A call, an answer, or the message that a call has failed.

    `number` is that of the call, unique among the calls of the worker that makes it. `seconds` is the time for which
    that worker waits. `method` and `seconds` are only set in a call.
    """

    kind: str
    sender: str
    receiver: str
    number: int
    method: str = ""
    seconds: float = 0.0
    payload: bytes = b""

    def answer(self, payload: bytes) -> "WorkerMessage":
        return WorkerMessage(ANSWER, self.receiver, self.sender, self.number, payload=payload)

    def failure(self, reason: str) -> "WorkerMessage":
        return WorkerMessage(FAILURE, self.receiver, self.sender, self.number, payload=reason.encode())


class MessageCipher:
    """Encrypts and decrypts messages. `keys` is called at the first one, when the application has its final name."""

    def __init__(self, keys: Callable[[], Secrets]) -> None:
        self._keys = keys

    @cached_property
    def _encryptor(self) -> Encryptor:
        return Encryptor(self._keys(), "worker.message.v1")

    def encrypt(self, message: WorkerMessage) -> str:
        *head, payload = message
        return self._encryptor.encrypt_bytes(orjson.dumps(head) + b"\n" + payload)

    def decrypt(self, text: object) -> WorkerMessage:
        """Return the message. Raises `InvalidToken` for one that no worker of this application has just sent."""
        if not isinstance(text, str) or len(text) > _MAX_TEXT:
            raise InvalidToken("size")
        head, _, payload = self._encryptor.decrypt_bytes(text, MAX_AGE).partition(b"\n")
        # Only `encrypt` makes what can be decrypted, so the fields need no further check.
        kind, sender, receiver, number, method, seconds = orjson.loads(head)
        return WorkerMessage(kind, sender, receiver, number, method, seconds, payload)
