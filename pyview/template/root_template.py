"""The HTML document around a live page: `<head>`, title, and the element that the client joins.

What a view says about the document around it: language, classes, `<meta>` and `<link>` elements.

The first page has it in its HTML; later changes travel as one event with all of it, which the client's few lines in
`client/src/page_attributes.js` put into the document. Elements and classes of the author's own are left alone: what a
view sets is marked, and goes with the view.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NotRequired, TypedDict, get_args

from markupsafe import Markup, escape

from pyview.navigation import external_url, local_path
from pyview.template.container import Container
from pyview.template.markup import Pattern

PAGE_EVENT = "pyview:page"

Direction = Literal["ltr", "rtl", "auto"]
LinkRelation = Literal["canonical", "icon", "prev", "next", "alternate", "manifest"]

_OURS = Markup(" data-pyview-page")
_NAMED = Markup('<meta name="{}" content="{}"{}>')
_PROPERTY = Markup('<meta property="{}" content="{}"{}>')


class PageAttributes:
    """`socket.page`: the document around a view. What is None, or not there, is as the root template has it.

    `lang` and `dir` are attributes of `<html>`; `html_class` and `body_class` are added to what is there.
    """

    __slots__ = ("_links", "_meta", "_sent", "body_class", "dir", "html_class", "lang")

    def __init__(self) -> None:
        self.lang: str | None = None
        self.dir: Direction | None = None
        self.html_class: str | None = None
        self.body_class: str | None = None
        self._meta: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._sent: dict[str, Any] = {}

    def meta(self, name: str, content: str | None) -> None:
        """The `<meta>` element of that name, or of that property for names like `og:title`; None takes it away.

        Raises `ValueError` for names with which PyView itself talks to its client.
        """
        if name == "csrf-token" or name.startswith("pyview-"):
            raise ValueError(f"page.meta({name!r}, ...): this one is PyView's own.")
        _put(self._meta, name, content)

    def link(self, rel: LinkRelation, href: str | None) -> None:
        """The `<link>` element of that relation: a path of this site, an http(s) URL, or for an icon an image
        (`data:image/...`); None takes it away.

        Raises `ValueError` for another relation, `UnsafeURL` for another URL.
        """
        if rel not in get_args(LinkRelation):
            raise ValueError(f"page.link({rel!r}, ...): expected one of {', '.join(get_args(LinkRelation))}.")
        _put(self._links, rel, None if href is None else _safe(rel, href))

    def state(self) -> dict[str, Any]:
        """All that is set, as JSON data."""
        said = {
            "lang": self.lang,
            "dir": self.dir,
            "html_class": self.html_class,
            "body_class": self.body_class,
            "meta": dict(self._meta),
            "link": dict(self._links),
        }
        return {name: value for name, value in said.items() if value}

    def changes(self) -> dict[str, Any] | None:
        """The state, if it is another one than when this was last asked."""
        state = self.state()
        if state == self._sent:
            return None
        self._sent = state
        return state

    # For root templates

    def html_attributes(self, lang: str | None = None) -> Markup:
        """The attributes of `<html>`, a space before each. `lang` is the language of pages that say nothing."""
        own = (
            _replaced("lang", self.lang, lang) + _replaced("dir", self.dir, None) + _classes(self.html_class)
        )
        return Markup(own)  # noqa: S704  every value in it is escaped

    def body_attributes(self) -> Markup:
        """The attributes of `<body>`, a space before each."""
        return Markup(_classes(self.body_class))  # noqa: S704  as above

    def elements(self) -> list[Markup]:
        """The elements of `<head>`."""
        return list(self._elements())

    def _elements(self) -> Iterator[Markup]:
        for name, content in self._meta.items():
            element = _PROPERTY if ":" in name else _NAMED
            yield element.format(name, content, _OURS)
        for rel, href in self._links.items():
            yield Markup('<link rel="{}" href="{}"{}>').format(rel, href, _OURS)


def _put(where: dict[str, str], name: str, value: str | None) -> None:
    if value is None:
        where.pop(name, None)
    else:
        where[name] = str(value)


def _safe(rel: str, href: str) -> str:
    if rel == "icon" and href.startswith("data:image/"):
        return href
    return external_url(href) if "://" in href else local_path(href)


def _replaced(name: str, value: str | None, usual: str | None) -> str:
    """An attribute; what it would be without the view stands beside it, for when the view has gone."""
    if value is None:
        return "" if usual is None else _attribute(name, usual)
    return _attribute(name, value) + _attribute(f"data-pyview-{name}", usual or "")


def _classes(text: str | None) -> str:
    return _attribute("class", text) + _attribute("data-pyview-class", text) if text else ""


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"'


class RootTemplateContext(TypedDict):
    """What a root template has to put into the page.

    `id` is the page's id without the `phx-` that its element carries in front of it. `session` is the signed
    page token for `data-phx-session`, `static` the one for `data-phx-static`. `content` is the rendered view,
    safe as it is; `additional_head_elements` are ready-made elements of `<head>`. `client_head` starts the
    browser's side: stylesheet, socket path and script; a template that leaves it out loads the client itself. `page` is
    `socket.page` of the view: its `html_attributes(lang="en")` and `body_attributes()` belong into those tags.
    `csp_nonce` is for scripts and styles of its own, where the page's content security policy asks for one.
    `component_styles` is the style sheet of the core components, for templates that want it.

    `container` is the tag and the attributes of the live element; `live_element(context)` makes that element.

    `view` is the class of the page's view, `path` the path of the page as the browser shows it, without its query.
    `user` and `session_data` are what the view has as `socket.user` and `socket.session`: nothing of them is in the
    page unless a template writes it there. All that a root template shows is of the first page: live navigation within
    a live session leaves the document as it is.
    """

    id: str
    content: str
    title: str | None
    csrf_token: str
    session: str | None
    additional_head_elements: list[Markup]
    static: NotRequired[str]
    page: NotRequired[PageAttributes]
    live_path: NotRequired[str]
    client_head: NotRequired[Markup]
    csp_nonce: NotRequired[str | None]
    component_styles: NotRequired[Markup]
    container: NotRequired[Container]
    view: NotRequired[type[Any]]
    path: NotRequired[str]
    user: NotRequired[Any]
    session_data: NotRequired[Mapping[str, Any]]


RootTemplate = Callable[[RootTemplateContext], str]
ContentWrapper = Callable[[RootTemplateContext, Markup], Markup]

_SCRIPT_NOTICE = Markup(
    '<p id="pyview-notice" role="status">This page is not live: its script has not loaded. '
    '<a href="">Try again</a></p>\n'
    '<noscript><p class="pyview-noscript">This page is not live: it needs JavaScript.</p></noscript>'
)

_DIV = Container()
_DEFAULT_TITLE = Pattern(' data-default="{default}"')
_TITLE_PREFIX = Pattern(' data-prefix="{prefix}"')
_TITLE = Pattern('<title{known_prefix}{known_default} data-suffix="{suffix}">{text}</title>')

_DOCUMENT = Pattern("""\
<!DOCTYPE html>
<html{html_attributes}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{title}
<meta name="csrf-token" content="{csrf_token}">
{component_styles}
{css}
{head_content}
{client_head}
{additional_head_elements}
</head>
<body{body_attributes}>
{main}
{notice}
</body>
</html>
""")


def defaultRootTemplate(
    css: Markup | str | None = None,
    content_wrapper: ContentWrapper | None = None,
    title: str | None = None,
    title_suffix: str | None = " | LiveView",
    head_content: Markup | str | None = None,
    lang: str = "en",
    *,
    title_prefix: str | None = None,
    component_styles: bool = False,
) -> RootTemplate:
    """Make the root template of an application.

    `css` and `head_content` are elements for `<head>`, written out as they are, so never build them from what
    a visitor sent. `content_wrapper(context, main)` puts markup around the live element, which it gets
    ready-made. `title` stands where a view sets no `socket.live_title`; `title_prefix` stands before either and
    `title_suffix` behind it. All are plain text, as is `lang`, the language of pages whose view says nothing
    (`socket.page`). `component_styles`: whether the page gets the style sheet of the core components, ahead of `css`.
    """

    def template(context: RootTemplateContext) -> str:
        main, page = live_element(context), context.get("page") or PageAttributes()
        return _DOCUMENT.fill(
            html_attributes=page.html_attributes(lang),
            body_attributes=page.body_attributes(),
            title=live_title(context["title"], default=title, prefix=title_prefix, suffix=title_suffix),
            csrf_token=context["csrf_token"],
            component_styles=context.get("component_styles", "") if component_styles else "",
            css=_html(css),
            head_content=_html(head_content),
            client_head=context.get("client_head", ""),
            additional_head_elements=Markup("\n").join(context["additional_head_elements"]),
            main=content_wrapper(context, main) if content_wrapper else main,
            notice=_SCRIPT_NOTICE,
        )

    return template


def _html(trusted: str | None) -> Markup:
    return Markup(trusted or "")  # noqa: S704  the view's own render, or what the developer wrote


def live_element(context: RootTemplateContext) -> Markup:
    """Return the element that the client joins, with the content of the page in it: for root templates."""
    marks = [("main", None), ("session", context["session"] or ""), ("static", context.get("static", ""))]
    container = context.get("container", _DIV)
    return container.element(f"phx-{context['id']}", marks, _html(context["content"]))


def live_title(
    title: str | None, *, default: str | None = None, prefix: str | None = None, suffix: str | None = None
) -> Markup:
    """The `<title>` of a page, for root templates: `title`, else `default`, between `prefix` and `suffix`.

    The client writes `data-prefix + (title or data-default) + data-suffix` at the join and whenever the view sets
    another title, so the first HTML says the same. Without any title the page is called "LiveView"; lacking
    `data-default`, the client leaves that alone.
    """
    before, after, chosen = prefix or "", suffix or "", title or default
    known_prefix = _TITLE_PREFIX.fill(prefix=prefix) if prefix else ""
    known_default = _DEFAULT_TITLE.fill(default=default) if default else ""
    text = f"{before}{chosen}{after}" if chosen else "LiveView"
    return _TITLE.fill(known_prefix=known_prefix, known_default=known_default, suffix=after, text=text)
