"""Recovery of forms: after a rejoin, the client sends the new view what the user had typed."""

from collections.abc import Mapping
from typing import Any

from bs4 import BeautifulSoup, Tag

from pyview.testing.forms import BUTTON_TYPES, Fields, attribute, elements, kind
from pyview.testing.payloads import change_payload, parse, target_cids

Recoverable = Mapping[str, Tag]


def recoverable(soup: BeautifulSoup, view_id: str) -> Recoverable:
    """Return the forms to recover, by id, as they are before a rejoin."""
    view = soup.find(id=view_id)
    forms = view.select("form[phx-change][id]") if isinstance(view, Tag) else []
    kept = [form for form in forms if attribute(form, "phx-auto-recover") != "ignore" and elements(form)]
    return {attribute(form, "id"): form for form in kept}


def recoveries(old: Recoverable, soup: BeautifulSoup, fields: Fields) -> list[dict[str, Any]]:
    """Return the events to send: the old values of each form that is on the page again with the same `phx-change`."""
    payloads: list[dict[str, Any]] = []
    for form_id, form in old.items():
        new = soup.find("form", id=form_id)
        # Another `phx-change` means another form under the same id: its handler could not use the old values.
        if isinstance(new, Tag) and attribute(new, "phx-change") == attribute(form, "phx-change"):
            payloads += _recovery(form, new, soup, fields)
    return payloads


def _recovery(old: Tag, new: Tag, soup: BeautifulSoup, fields: Fields) -> list[dict[str, Any]]:
    event = attribute(new, "phx-auto-recover") or attribute(new, "phx-change")
    inputs = [tag for tag in elements(old) if tag.get("name") and not tag.has_attr("phx-change")]
    inputs = [tag for tag in inputs if kind(tag) not in BUTTON_TYPES]
    if not inputs:
        return []
    # No element has changed, but the event needs one as its target. The client takes the first visible input.
    first = next((tag for tag in inputs if kind(tag) != "hidden"), inputs[0])
    value = fields.serialize(old)
    return [
        change_payload(old, args, value, attribute(first, "name"), cid)
        for op, args in parse(event)
        if op == "push"
        for cid in target_cids(new, args.get("target"), soup)
    ]
