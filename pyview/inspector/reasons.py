"""Why a part of a page was sent again: its expression in the template, and the names it reads that have changed."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import jinja2

from pyview.recording.copies import Copy, Reference
from pyview.recording.entries import Change, MessageEntry, ViewRecord
from pyview.recording.parts import SentPart, SlotPlace
from pyview.template.live_template import LiveTemplate
from pyview.template.origins import SlotOrigin, SlotPosition, slot_origins

_MOST_TEMPLATES: Final = 64

Origins = dict[SlotPosition, SlotOrigin]


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of a page that was sent: its source, and the reason. `causes` are the names that have changed."""

    template: str
    line: int
    text: str
    kind: str
    causes: tuple[str, ...]
    reason: str
    file: str


class OriginCache:
    """Origins of the slots of templates. They are found by compiling a template again, when one is first asked for."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Origins] = OrderedDict()

    def of(self, templates: Iterable[LiveTemplate], place: SlotPlace) -> tuple[SlotOrigin | None, str]:
        """Return the origin of a slot, None if it is unknown, and the file of its template, "" without one."""
        for template in templates:
            source, file = _source(template, place.template)
            if source is not None:
                return self._origins(template, place.template, source).get(SlotPosition(*place[1:])), file
        return None, ""

    def _origins(self, template: LiveTemplate, name: str, source: str) -> Origins:
        key = name, source
        found = self._known.get(key)
        if found is None:
            try:
                found = slot_origins(template.environment, source, name)
            except jinja2.TemplateError:  # it has been changed, and cannot be compiled now
                found = {}
            self._known[key] = found
            if len(self._known) > _MOST_TEMPLATES:
                self._known.popitem(last=False)
        return found


def _source(template: LiveTemplate, name: str) -> tuple[str | None, str]:
    """Return the source of the template of that name, and its file, as far as `template` or its loader know it."""
    try:
        if template.name == name:
            return template.source(), template.filename or ""
        loader = template.environment.loader
        if loader is None:
            return None, ""
        source, file, _ = loader.get_source(template.environment, name)
    except jinja2.TemplateError:
        return None, ""
    return source, file or ""


def shown_parts(record: ViewRecord, entry: MessageEntry, origins: OriginCache) -> list[ShownPart]:
    """Return the parts that were sent for a message, each with its reason; equal ones once."""
    changes = entry.changes()
    found = [_shown(record, entry, part, changes, origins) for part in entry.parts]
    return list(dict.fromkeys(found))


def _shown(
    record: ViewRecord, entry: MessageEntry, part: SentPart, changes: list[Change], origins: OriginCache
) -> ShownPart:
    templates = record.templates.get(part.cid, ())
    origin, file = origins.of(templates, part.place)
    around = [found for place in part.around if (found := origins.of(templates, place)[0]) is not None]
    if origin is None:
        whole = part.cid is not None and part.kind == "new"
        text = "a whole component" if whole else "unknown part"
        reason = (
            _whole_reason(entry, part) if whole else "unknown: no expression of a Jinja2 template made it"
        )
        return ShownPart(part.place.template, 0, text, part.kind, (), reason, file)
    changed = {each.name for each in changes if each.cid == part.cid}
    read = dict.fromkeys(name for one in (origin, *around) for name in one.reads)
    causes = tuple(name for name in read if name in changed)
    reason = "" if causes else _reason(entry, part, origin, around, read)
    return ShownPart(part.place.template, origin.line, origin.text, part.kind, causes, reason, file)


def _whole_reason(entry: MessageEntry, part: SentPart) -> str:
    known = entry.before is not None and part.cid in entry.before.components
    return "rendered as a whole" if known else "a new component"


def _reason(
    entry: MessageEntry, part: SentPart, origin: SlotOrigin, around: list[SlotOrigin], read: Iterable[str]
) -> str:
    unseen = [name for name in read if name in {*_references(entry, part.cid)}]
    if unseen:
        return f"{', '.join(unseen)} may have changed inside: it is not copied, so this cannot be seen"
    if part.kind == "stream":
        return "items of a stream"
    if any(one.always for one in (origin, *around)):
        return "evaluated at every render, and its result differs"
    if any(one.reads_row for one in (origin, *around)):
        return "its row has changed"
    return "unknown"


def _references(entry: MessageEntry, cid: int | None) -> Iterator[str]:
    """Yield the names of the context whose values are not copied."""
    state = entry.after
    socket = None if state is None else state.own if cid is None else state.components.get(cid)
    if socket is not None and type(socket.context) is Copy:
        for name, value in socket.context.entries:
            if holds_reference(value):
                yield str(name)


def holds_reference(value: Any) -> bool:
    """Return True if a value, or an item of it, is kept by reference."""
    return type(value) is Reference or (
        type(value) is Copy and any(type(each) is Reference for each in value.values)
    )
