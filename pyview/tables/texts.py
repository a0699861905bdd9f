"""Texts of a table, for other languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that a table shows. Those with braces are filled by the table."""

    rows: str = "{first} to {last} of {count}"
    more_than: str = "more than {count}"
    none: str = "No rows"
    no_match: str = "No row matches."
    empty: str = "There are no rows yet."
    loading: str = "Loading…"
    failed: str = "The rows could not be loaded."
    retry: str = "Try again"
    count_all: str = "Count all"
    search: str = "Search"
    filters: str = "Filters"
    filters_set: str = "Filters ({count})"
    reset: str = "Clear filters"
    low: str = "{column} from"
    high: str = "{column} to"
    any: str = "Any"
    yes: str = "Yes"
    no: str = "No"
    columns: str = "Columns"
    group: str = "Group by"
    no_group: str = "No groups"
    in_group: str = "{count} rows"
    blank: str = "(blank)"
    export: str = "Download {format}"
    size: str = "Rows per page"
    first_page: str = "First page"
    previous_page: str = "Previous page"
    next_page: str = "Next page"
    last_page: str = "Last page"
    page: str = "Page {page} of {pages}"
    page_of_unknown: str = "Page {page}"
    pages: str = "Pages of {table}"
    select: str = "Select {row}"
    select_page: str = "Select all rows on this page"
    selected: str = "{count} selected"
    select_all: str = "Select all {count} matching rows"
    clear: str = "Clear selection"
    too_many: str = "Up to {count} rows can be selected one by one."
    actions: str = "Actions"
    row_action: str = "{action} {row}"
    edit: str = "Edit {column} of {row}"
    save: str = "Save"
    cancel: str = "Cancel"
    changed: str = "Meanwhile this was changed to “{value}”. Save again to replace it."
    gone: str = "This row is gone."
    not_allowed: str = "You may not do this."
    not_offered: str = "This is no longer possible for this row."
    sums: str = "sum"
    counts: str = "count"
    means: str = "mean"
    mins: str = "lowest"
    maxs: str = "highest"

    def of_total(self, total: str) -> str:
        """Return the name of a total."""
        return {
            "sum": self.sums,
            "count": self.counts,
            "mean": self.means,
            "min": self.mins,
            "max": self.maxs,
        }[total]

    def __pyview_parts__(self) -> tuple[str, ...]:
        # One object for all renders of a table.
        return ()
