"""Pages that watch the list of users: what it shows at the end, and users who seemed to leave."""

from collections import Counter
from typing import Any

from tests.chaos.cluster import Cluster, http_client
from tests.chaos.page import ChaosPage


class Watcher:
    """A page that records every change of the list of users. `left` counts how often each user seemed to leave."""

    def __init__(self, cluster: Cluster) -> None:
        self._http = http_client(cluster)
        self.pages: dict[str, int] = {}
        self.left: Counter[str] = Counter()
        self.fewest: float = float("inf")
        self.page = ChaosPage(self._http, "/watch", self._pushed)

    async def close(self) -> None:
        await self.page.close()
        await self._http.aclose()

    def shows(self, names: set[str]) -> bool:
        """Return True if the list has exactly these users, each with one page."""
        return self.pages.keys() == names and set(self.pages.values()) <= {1}

    def fault(self, names: set[str]) -> str:
        """Return the difference between the list and these users."""
        twice = {name: count for name, count in self.pages.items() if count > 1}
        return f"none of {names - self.pages.keys()}, but {self.pages.keys() - names}, and more than once {twice}"

    def start_counting(self) -> None:
        self.left.clear()
        self.fewest = len(self.pages)

    def _pushed(self, name: str, payload: Any) -> None:
        if name == "users":
            self.pages = payload["pages"]
            self.left.update(payload["left"])
            self.fewest = min(self.fewest, len(self.pages))
