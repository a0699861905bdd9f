"""Messages that arrive in several frames."""

from codecs import IncrementalDecoder, getincrementaldecoder
from typing import Final

_UTF_8: Final = getincrementaldecoder("utf-8")


class Fragments:
    """The frames of a message that have arrived so far."""

    __slots__ = ("_data", "_decoder", "_max_size")

    def __init__(self, text: bool, max_size: int) -> None:
        self._max_size = max_size
        # One buffer, because a list of many small fragments would take several times their bytes.
        self._data = bytearray()
        self._decoder: IncrementalDecoder | None = _UTF_8() if text else None

    def add(self, payload: bytes, last: bool) -> str | bytes | None:
        """Add a frame. Return the message with the last one.

        Raises `UnicodeDecodeError` at the first frame that is not UTF-8, and `OverflowError` if all are too long.
        """
        if len(self._data) + len(payload) > self._max_size:
            raise OverflowError
        if self._decoder is not None:
            self._decoder.decode(payload, last)
        self._data += payload
        if not last:
            return None
        return bytes(self._data) if self._decoder is None else self._data.decode()
