"""Messages that a view shows once: they live until the next patch, and travel with a navigation."""

from typing import Any


class Flash(dict[str, Any]):
    """`kind -> message`, for example `{"info": "Saved"}`. Templates see it as `flash`."""

    __slots__ = ()

    def put(self, key: str, value: Any) -> None:
        self[key] = value

    def drop(self, key: str | None = None) -> None:
        """Forget one message, or all of them."""
        if key is None:
            self.clear()
        else:
            self.pop(key, None)
