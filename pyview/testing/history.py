"""The browser's history of one tab."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class HistoryEntry:
    """One stop. `kind` says how the page came there: "patch", "redirect" (live navigation) or None (loaded)."""

    url: str
    document: int
    kind: str | None = None
    back_kind: str | None = None
    view_id: str | None = None


@dataclass(slots=True)
class History:
    """Entries and the place in them. Each loaded document has a number; going back across documents loads again."""

    entries: list[HistoryEntry] = field(default_factory=list)
    index: int = -1
    document: int = 0

    @property
    def current(self) -> HistoryEntry:
        return self.entries[self.index]

    def loaded(self, url: str, *, replace: bool = False) -> None:
        """A document came over HTTP."""
        self.document += 1
        self._add(HistoryEntry(url, self.document), replace=replace)

    def joined(self, view_id: str) -> None:
        """The page's first join: the loaded entry becomes one that can be patched back to."""
        if self.current.kind is None:
            self.current.kind, self.current.view_id = "patch", view_id

    def navigated(self, url: str, kind: str, view_id: str, *, replace: bool) -> None:
        """The client's pushState or replaceState."""
        self.current.back_kind = kind
        self._add(HistoryEntry(url, self.document, kind, view_id=view_id), replace=replace)

    def step(self, by: int) -> tuple[HistoryEntry, str | None]:
        """Go back or forward; the entry reached, and whether the client takes the step as a patch or a redirect."""
        target = self.index + by
        if not 0 <= target < len(self.entries):
            raise IndexError("there is no further page in that direction")
        self.index = target
        entry = self.current
        return entry, entry.kind if by > 0 else entry.back_kind or entry.kind

    def _add(self, entry: HistoryEntry, *, replace: bool) -> None:
        if replace and self.entries:
            self.entries[self.index] = entry
        else:
            del self.entries[self.index + 1 :]
            self.entries.append(entry)
            self.index += 1
