"""The visible state of a tab: the document, the views in it, the title, the fields that the user has changed."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from bs4 import BeautifulSoup, Tag

from pyview.testing.document import Document, with_content
from pyview.testing.dom import parse
from pyview.testing.forms import Fields, attribute
from pyview.testing.location import absolute
from pyview.testing.payloads import COMPONENT
from pyview.testing.streams import check_containers
from pyview.testing.tree_html import SKIP
from pyview.testing.view import View


def patched_by(view_id: str, components: Collection[str] | None = None) -> Callable[[Tag], bool]:
    """Return a function that returns True for elements that a patch of the view reaches.

    `components` are the numbers of the components in a diff that holds nothing else: then only those are patched. A
    patch does not reach elements outside the view, elements that the diff did not touch, and `phx-update="ignore"`.
    """

    def is_patched(tag: Tag) -> bool:
        for one in (tag, *tag.parents):
            if one.has_attr(SKIP) or "ignore" in (
                attribute(one, "phx-update"),
                attribute(one, "data-phx-update"),
            ):
                return False
            if components is not None and attribute(one, COMPONENT) in components:
                return True
            if attribute(one, "id") == view_id:
                return components is None
        return False

    return is_patched


_NOTHING: Mapping[str, str] = MappingProxyType({})


class Screen:
    """The page as HTML and as elements. Elements are parsed again after each change."""

    def __init__(self) -> None:
        self.document = Document("")
        self.view: View | None = None
        self.inner: dict[str, Any] = {}
        self.attributes: dict[str, Any] = {}
        self.fields = Fields()
        self.title = ""
        self._soup: BeautifulSoup | None = None
        self._styles: dict[tuple[str, str], str] = {}

    def load(self, html: str) -> None:
        """Show a new document, whose view has not joined yet."""
        self.document = Document.parse(html).with_script()
        self.view, self.fields, self._soup = None, Fields(), None
        self.inner.clear()
        self._styles.clear()
        self.attributes = {}
        tag = self.soup.select_one("title")
        self.title = "" if tag is None else " ".join(tag.get_text().split())

    @property
    def html(self) -> str:
        return self._filled(self.document.html(self._content(strip=True)), strip=True)

    @property
    def soup(self) -> BeautifulSoup:
        """The elements of the page; those of components carry their number."""
        if self._soup is None:
            self._soup = parse(self._filled(self.document.html(self._content(strip=False))))
            # Checked once per parse: the client would lose items whose parent is no stream container, without an error.
            if self.view is not None and self.view.streamed:
                check_containers(self._soup, self.view.streamed.samples())
        return self._soup

    def _filled(self, html: str, *, strip: bool = False, marked: Mapping[str, str] = _NOTHING) -> str:
        """Return the document with the HTML of the inner views, each inside the view around it.

        `marked` is the HTML of some of them, by id, to use instead.
        """
        for view in self.inner.values():
            if view.tree:
                html = with_content(html, view.id, marked.get(view.id) or view.html(strip=strip))
        return html

    def _content(self, *, strip: bool) -> str | None:
        return self.view.html(strip=strip) if self.view is not None and self.view.tree else None

    def first_html(self, view_id: str) -> str:
        """Return the HTML of a nested view in the loaded document, "" after a live navigation."""
        if self.view is None or self.view.navigated:
            return ""
        found = parse(self.document.html()).find(id=view_id)
        if not isinstance(found, Tag):
            return ""
        for inner in found.select("[data-phx-parent-id]"):  # without their parent, these have no token yet
            inner["data-phx-parent-id"] = inner["data-phx-session"] = ""
        return found.decode_contents()

    def changed(self) -> None:
        """Drop the parsed elements, because a view has new HTML."""
        self._soup = None

    def renew(self, session: str, csrf: str) -> None:
        """Take new tokens into the page."""
        self.document = self.document.with_tokens(session, csrf)
        self._soup = None

    def put_container(self, container: tuple[str, Mapping[str, str]]) -> None:
        """Give the main element the tag and the attributes of the new view."""
        tag, attributes = container
        self.document = self.document.with_container(tag, attributes)
        self._soup = None

    def put_title(self, title: Any, *, joining: bool) -> None:
        """Write the title between its prefix and suffix; a join without a title brings the default."""
        if not isinstance(title, str) and not joining:
            return
        tag = self.soup.select_one("title")
        data = {} if tag is None else tag.attrs
        text = title if isinstance(title, str) and title.strip() else data.get("data-default")
        if isinstance(text, str):
            self.title = f"{data.get('data-prefix', '')}{text}{data.get('data-suffix', '')}"
            self.document = self.document.with_title(self.title)
            self._soup = None

    def put_style_sheet(self, files: Mapping[str, Any]) -> None:
        """Replace the style sheet of a view whose file has changed."""
        key, style = (files["id"], files["view"]), files["style"] or ""
        former, self._styles[key] = self._styles.get(key, style), style
        # The first push names the file that the document links to already.
        if former and former != style:
            self.document = self.document.with_style_sheet(former, style)
            self._soup = None

    def patch_fields(self, content: str, view_id: str, components: Collection[str] | None = None) -> None:
        """Forget what the user typed in fields that a patch of the view to `content` reaches."""
        if self.fields.typed:
            own = self._content(strip=False) if view_id in self.inner else content
            html = self._filled(self.document.html(own), marked={view_id: content})
            self.fields.patched(parse(html), patched_by(view_id, components))

    @property
    def has_inner(self) -> bool:
        """True if the page contains inner views, joined or not."""
        return bool(self.inner) or "data-phx-session" in (self._content(strip=True) or "")

    def meta(self, name: str) -> str | None:
        """Return the content of a meta tag; None if there is none."""
        tag = self.soup.select_one(f'meta[name="{name}"]')
        return None if tag is None else str(tag.get("content", ""))

    def tracked_statics(self, url: str) -> list[str]:
        """Return the URLs of all `phx-track-static` elements."""
        sources = [
            str(tag.get("src") or tag.get("href") or "") for tag in self.soup.select("[phx-track-static]")
        ]
        return [absolute(url, source) for source in sources if source]

    def form_to_submit(self) -> Tag | None:
        """Return the form that the server asks the client to submit over HTTP; None if there is none."""
        # Asked after each patch. A search in the text is cheap, the elements have to be parsed.
        if "phx-trigger-action" not in (self._content(strip=True) or ""):
            return None
        return self.soup.select_one("form[phx-trigger-action]")
