"""The browser's history of one tab."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class HistoryEntry:
    """One entry. `kind` is how the page came there: "patch", "redirect" (live navigation) or None (loaded).

    `back_kind` is how the client goes back from the next entry to this one.
    """

    url: str
    document: int
    kind: str | None = None
    back_kind: str | None = None
    view_id: str | None = None


@dataclass(slots=True)
class History:
    """The entries and the current one. Each loaded document has a number.

    A step to an entry of another document loads that document again.
    """

    entries: list[HistoryEntry] = field(default_factory=list)
    index: int = -1
    document: int = 0

    @property
    def current(self) -> HistoryEntry:
        return self.entries[self.index]

    def loaded(self, url: str, *, replace: bool = False) -> None:
        """Add an entry for a document that was loaded over HTTP."""
        self.document += 1
        self._add(HistoryEntry(url, self.document), replace=replace)

    def joined(self, view_id: str) -> None:
        """After the first join of a document, mark its entry as one to which the client can patch back."""
        if self.current.kind is None:
            self.current.kind, self.current.view_id = "patch", view_id

    def navigated(self, url: str, kind: str, view_id: str, *, replace: bool) -> None:
        """Add or replace an entry, as the client does with `pushState` and `replaceState`."""
        self.current.back_kind = kind
        self._add(HistoryEntry(url, self.document, kind, view_id=view_id), replace=replace)

    def step(self, by: int) -> tuple[HistoryEntry, str | None]:
        """Go back or forward; return the new entry, and "patch" or "redirect" for how the client goes there."""
        target = self.index + by
        if not 0 <= target < len(self.entries):
            direction = "forward" if by > 0 else "back"
            raise IndexError(f"cannot go {direction}: the history has no entry in that direction")
        self.index = target
        entry = self.current
        # How the page came to an entry says how to go forward to it. To go back, the client undoes the next
        # step.
        return entry, entry.kind if by > 0 else entry.back_kind or entry.kind

    def _add(self, entry: HistoryEntry, *, replace: bool) -> None:
        if replace and self.entries:
            self.entries[self.index] = entry
        else:
            # A new page removes the entries ahead, as in a browser.
            del self.entries[self.index + 1 :]
            self.entries.append(entry)
            self.index += 1
