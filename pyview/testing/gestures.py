"""Gestures of the user on a page - clicks, keys, typing - and the client's reaction to them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bs4 import Tag

from pyview.testing.dom import contains, outline
from pyview.testing.errors import PageError
from pyview.testing.files import LocalFile
from pyview.testing.forms import (
    CHECKABLE,
    Submission,
    Values,
    attribute,
    default_button,
    elements,
    form_of,
    is_disabled,
    kind,
    named,
    submission,
    submits,
)
from pyview.testing.location import absolute
from pyview.testing.payloads import (
    Args,
    Occasion,
    change_payload,
    element_payload,
    event_owner,
    parse,
    submit_payload,
    target_cids,
)
from pyview.testing.tab import Tab
from pyview.testing.uploads import Chosen, FileSender, file_inputs
from pyview.wire.merge import ProtocolError

VIEW = "data-phx-session"
LINK = "data-phx-link"
LINK_KINDS = {"patch", "redirect"}


class Gestures:
    """Turns gestures on the elements of one tab into messages, navigation and HTTP requests."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.files = FileSender(tab)

    # --- clicking ---

    async def click(self, tag: Tag) -> None:
        """Click an element.

        The closest live link handles the click; without one, the closest `phx-click` does, and then the browser.
        """
        if tag.name in ("button", "input", "select", "textarea") and is_disabled(tag):
            raise PageError(f"cannot click a disabled element: {outline(tag)}")
        link = closest(tag, LINK)
        # Without a connection, a live link is an ordinary link for the browser.
        if link is not None and self.tab.state.connected:
            await self._live_link(link)
            return
        loaded = self.tab.state.response
        self.tab.state.fields.focus(tag)
        if _is_checkable(tag):
            self.tab.state.fields.toggle(tag)  # a browser does this before it dispatches the click
        # The client runs `phx-click-away` before the `phx-click` of the clicked element.
        await self._click_away(tag)
        await self._phx_click(tag)
        # The event may have loaded another page, on which the clicked element does not exist.
        if self.tab.state.response is loaded:
            await self._default_action(tag)

    async def _live_link(self, link: Tag) -> None:
        kind_of_link, state = attribute(link, LINK), attribute(link, "data-phx-link-state")
        if kind_of_link not in LINK_KINDS or state not in ("push", "replace"):
            raise ProtocolError(
                "a live link needs data-phx-link patch or redirect and data-phx-link-state push or replace: "
                f"{outline(link)}"
            )
        # The client stops the DOM event at a live link. It runs the `phx-click` of the link itself, after it
        # has begun to navigate.
        on_click = attribute(link, "phx-click")
        go = self.tab.navigation.patch if kind_of_link == "patch" else self.tab.navigation.navigate
        await go(attribute(link, "href"), state)
        if on_click and self.tab.state.connected:
            await self.run(on_click, Occasion("click", link))
        await self.tab.follow()

    async def _click_away(self, tag: Tag) -> None:
        for away in self.tab.state.soup.select("[phx-click-away]"):
            # The client skips hidden elements, such as a menu that is closed already.
            if not contains(away, tag) and _visible(away):
                await self.run(attribute(away, "phx-click-away"), Occasion("click", away))

    async def _phx_click(self, tag: Tag) -> None:
        target = closest(tag, "phx-click")
        if target is not None and attribute(target, "phx-click"):
            await self.run(attribute(target, "phx-click"), Occasion("click", target))

    async def _default_action(self, tag: Tag) -> None:
        """Do what the browser itself does on a click."""
        control = next(
            (one for one in (tag, *tag.parents) if one.name in ("a", "button", "input", "label")), None
        )
        if control is None:
            return
        if control.has_attr("data-method"):
            await self._send_method(control)
        elif control.name == "a":
            await self._follow_href(control)
        elif control.name == "label":
            await self._click_label(control)
        elif submits(control):
            await self._press(control)
        elif _is_checkable(control):
            await self._changed(control)

    async def _send_method(self, link: Tag) -> None:
        """Follow a link with `data-method`, which the client sends as a form. A `data-confirm` is confirmed."""
        method, to = attribute(link, "data-method"), attribute(link, "data-to", attribute(link, "href"))
        url = absolute(self.tab.state.url, to)
        if url.startswith(("http:", "https:")):
            # HTML forms know GET and POST only. Any other method travels in the field `_method`.
            override = [] if method in ("get", "post") else [("_method", method)]
            await self.tab.submit(Submission(url, "get" if method == "get" else "post", override))
            await self.tab.follow()

    async def _follow_href(self, link: Tag) -> None:
        href = attribute(link, "href")
        if (
            href
            and not href.startswith(("#", "mailto:", "tel:", "javascript:"))
            and not link.has_attr("download")
        ):
            await self.tab.load(href)
            await self.tab.follow()

    async def _click_label(self, label: Tag) -> None:
        control = (
            self.tab.state.soup.find(id=attribute(label, "for"))
            if label.has_attr("for")
            else label.find("input")
        )
        if isinstance(control, Tag) and not is_disabled(control):
            await self.click(control)

    async def _press(self, button: Tag) -> None:
        form = form_of(button)
        if form is not None:
            await self.submit(form, {}, button)

    # --- forms ---

    async def submit(self, form: Tag, values: Values, submitter: Tag | None) -> None:
        """Fill in and submit: an event for `phx-submit`, else a request over HTTP."""
        tab = self.tab
        tab.state.fields.fill(form, values)
        submitter = submitter or default_button(form)
        if submitter is not None and is_disabled(submitter):
            raise PageError(f"cannot submit the form, because its button is disabled: {outline(submitter)}")
        # Without a joined view no script handles the submit event, so the browser sends the form.
        if not form.has_attr("phx-submit") or tab.state.view is None:
            await tab.submit(submission(form, submitter, tab.state.fields, tab.state.url))
            await tab.follow()
            return
        if file_inputs(form):
            # The client uploads chosen files first: the submit event reports them as complete.
            await self.files.send_all(form)
            form, submitter = self._find_again(form, submitter)
        tab.state.fields.use_all(form)
        tab.remember_submitter(form, submitter)
        # The client removes the focus until the answer has come, so the answer may change the focused field too.
        focused, tab.state.fields.focused = tab.state.fields.focused, ""
        await self.run(attribute(form, "phx-submit"), Occasion("submit", form, submitter))
        tab.state.fields.focused = focused

    def _find_again(self, form: Tag, submitter: Tag | None) -> tuple[Tag, Tag | None]:
        """Return the form and its button on the page as it is after a change."""
        now = self.tab.state.soup.find("form", id=attribute(form, "id")) if form.has_attr("id") else None
        if not isinstance(now, Tag) or submitter is None:
            return now if isinstance(now, Tag) else form, submitter
        # Elements are parsed again after each change, so the button is found by its position in the form.
        position = [one is submitter for one in elements(form)].index(True)
        return now, (elements(now)[position : position + 1] or [submitter])[0]

    async def choose(self, file_input: Tag, files: Sequence[LocalFile], *, send: bool) -> Chosen:
        """Choose files. The change event of the form announces them; with auto upload they are sent then."""
        form = form_of(file_input)
        if form is None or not (attribute(form, "phx-change") or attribute(file_input, "phx-change")):
            raise PageError(
                f"the file input {outline(file_input)} needs a form with phx-change: without it, the browser does not "
                "send the server the list of chosen files"
            )
        chosen, uploads = self.files.choose(file_input, files)
        await self._changed(file_input, uploads)
        if send and file_input.has_attr("data-phx-auto-upload") and self.tab.state.connected:
            await chosen.send()
        return chosen

    async def change(self, form: Tag, values: Values, target: str) -> None:
        """Change fields, and send the change event of the field named `target`."""
        self.tab.state.fields.fill(form, values)
        await self._changed(named(form, target)[0])

    async def _changed(self, field: Tag, uploads: Mapping[str, Any] | None = None) -> None:
        """Send the change event of a field: its own `phx-change` if it has one, otherwise that of its form."""
        form = form_of(field)
        event = attribute(field, "phx-change") or (attribute(form, "phx-change") if form is not None else "")
        if form is None or not event:
            return
        # Before the form is read: from the first change on, the client leaves out `_unused_` for this field.
        self.tab.state.fields.use(form, attribute(field, "name"))
        self.tab.state.fields.focus(field)
        await self.run(event, Occasion("change", field, uploads=uploads or {}))

    # --- keys and focus ---

    async def key(self, tag: Tag | None, key: str, events: tuple[str, ...]) -> bool:
        """Press and release a key in an element, or anywhere if `tag` is None; return False if nothing listens."""
        handled = False
        if tag is not None:
            self.tab.state.fields.focus(tag)
        for event in events:
            for listener, commands in self._listeners(tag, event):
                handled = True
                if attribute(listener, "phx-key", key).lower() == key.lower():
                    await self.run(commands, Occasion(event, listener, data={"key": key}))
        return handled

    def _listeners(self, tag: Tag | None, event: str) -> list[tuple[Tag, str]]:
        if tag is not None and attribute(tag, f"phx-{event}"):
            return [(tag, attribute(tag, f"phx-{event}"))]
        binding = f"phx-window-{event}"
        return [(one, attribute(one, binding)) for one in self.tab.state.soup.select(f"[{binding}]")]

    async def focus(self, tag: Tag | None, event: str) -> bool:
        """Focus or blur an element, or the window if `tag` is None; return False if nothing listens.

        `event` is "focus" or "blur".
        """
        if tag is not None:
            self.tab.state.fields.focus(tag if event == "focus" else None)
        binding = f"phx-{event}" if tag is not None else f"phx-window-{event}"
        listeners = [tag] if tag is not None else self.tab.state.soup.select(f"[{binding}]")
        bound = [one for one in listeners if attribute(one, binding)]
        for listener in bound:
            await self.run(attribute(listener, binding), Occasion(event, listener))
        return bool(bound)

    # --- commands ---

    async def run(self, attribute_text: str, occasion: Occasion) -> None:
        """Run the commands of a `phx-*` attribute. Commands that change only the appearance have no effect here."""
        for op, args in parse(attribute_text):
            for tag in self._targets(args, occasion.source):
                if op in self._commands:
                    await self._commands[op](self, args, tag, occasion)
                    await self.tab.follow()

    def _targets(self, args: Args, source: Tag) -> list[Tag]:
        to = args.get("to")
        if to is None:
            return [source]
        if isinstance(to, str):
            return list(self.tab.state.soup.select(to))
        if "inner" in to:
            return list(source.select(to["inner"]))
        # Matches come in document order, so the last one around the element is the closest.
        around = [one for one in self.tab.state.soup.select(to["closest"]) if contains(one, source)]
        return around[-1:]

    async def _push(self, args: Args, _: Tag, occasion: Occasion) -> None:
        for payload in self._payloads(args, occasion):
            owner = event_owner(occasion.source, args.get("target"), self.tab.state.soup)
            await self.tab.request("event", payload, owner)

    async def _patch(self, args: Args, _: Tag, __: Occasion) -> None:
        await self.tab.navigation.patch(args["href"], _state(args))

    async def _navigate(self, args: Args, _: Tag, __: Occasion) -> None:
        await self.tab.navigation.navigate(args["href"], _state(args))

    async def _exec(self, args: Args, tag: Tag, occasion: Occasion) -> None:
        commands = attribute(tag, args["attr"])
        if not commands:
            raise PageError(f"the JS command exec expects the attribute {args['attr']} on {outline(tag)}")
        await self.run(commands, Occasion(occasion.type, tag))

    async def _dispatch(self, args: Args, tag: Tag, _: Occasion) -> None:
        """Dispatch an event of the browser that the client listens to; other scripts do not run in tests."""
        event = args["event"]
        if event == "click":
            await self.click(tag)
        elif event == "submit" and tag.name == "form":
            await self.submit(tag, {}, None)
        elif event in ("input", "change") and form_of(tag) is not None:
            await self._changed(tag)

    _commands: Mapping[str, Callable[["Gestures", Args, Tag, Occasion], Awaitable[None]]] = {
        "push": _push,
        "patch": _patch,
        "navigate": _navigate,
        "exec": _exec,
        "dispatch": _dispatch,
    }

    def _payloads(self, args: Args, occasion: Occasion) -> list[dict[str, Any]]:
        """Return the messages of a push: one for each target."""
        if occasion.type == "submit":
            return self._submit_payloads(args, occasion)
        if occasion.type == "change":
            return self._change_payloads(args, occasion)
        cids = target_cids(occasion.source, args.get("target"), self.tab.state.soup)
        return [element_payload(occasion, args, self.tab.state.fields, cid) for cid in cids]

    def _submit_payloads(self, args: Args, occasion: Occasion) -> list[dict[str, Any]]:
        form = occasion.source
        value = self.tab.state.fields.serialize(form, occasion.submitter)
        return [
            submit_payload(form, args, value, cid)
            for cid in target_cids(form, args.get("target"), self.tab.state.soup)
        ]

    def _change_payloads(self, args: Args, occasion: Occasion) -> list[dict[str, Any]]:
        """Return the messages of a change event. An input with its own `phx-change` sends only itself."""
        field, form = occasion.source, form_of(occasion.source)
        assert form is not None
        name, own = attribute(field, "name"), field.has_attr("phx-change")
        button = field if field.name == "button" else None
        value = self.tab.state.fields.serialize(form, button, only=name if own else None)
        cids = target_cids(field if own else form, args.get("target"), self.tab.state.soup)
        return [change_payload(form, args, value, name, cid, occasion.uploads) for cid in cids]


def _state(args: Args) -> str:
    return "replace" if args.get("replace") else "push"


def closest(tag: Tag, binding: str) -> Tag | None:
    """Return the element or its nearest ancestor with that attribute, within its view; skip disabled ones."""
    for one in (tag, *tag.parents):
        if one.has_attr(binding) and not (
            one.name in ("button", "input", "select", "textarea") and is_disabled(one)
        ):
            return one
        if one.has_attr(VIEW):
            return None
    return None


def _is_checkable(tag: Tag) -> bool:
    return tag.name == "input" and kind(tag) in CHECKABLE


def _visible(tag: Tag) -> bool:
    ancestors = (tag, *tag.parents)
    return not any(
        one.has_attr("hidden") or "display:none" in attribute(one, "style").replace(" ", "")
        for one in ancestors
    )
