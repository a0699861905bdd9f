"""Flash messages: shown until the next patch, and carried over a navigation."""

from typing import Any


class Flash(dict[str, Any]):
    """Messages by kind, such as `{"info": "Saved"}`. `flash` in templates."""

    __slots__ = ()

    def put(self, key: str, value: Any) -> None:
        self[key] = value

    def drop(self, key: str | None = None) -> None:
        """Remove one message, or all of them."""
        if key is None:
            self.clear()
        else:
            self.pop(key, None)
