"""The HTML document around a live page: the root template, and the attributes that a view sets in the document.

A view sets language, classes, `<meta>` and `<link>` elements with `socket.page`. The first page has them in its HTML. A
later change is sent as one event with all of them, and `client/src/page_attributes.js` puts them into the document. It
leaves other elements and classes alone: those of a view are marked, and removed with the view.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
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
    """`socket.page`: the document around a view. The root template decides about everything that is None or missing.

    `lang` and `dir` are attributes of `<html>`; `html_class` and `body_class` are added to the existing classes.
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
        """Set the `<meta>` element of that name, or of that property for names like `og:title`. None removes it.

        Raises `ValueError` for a name that PyView uses itself.
        """
        # The client takes the CSRF token from the element of this name.
        if name == "csrf-token" or name.startswith("pyview-"):
            raise ValueError(f"page.meta({name!r}, ...): PyView uses this name itself, choose another one.")
        _put(self._meta, name, content)

    def link(self, rel: LinkRelation, href: str | None) -> None:
        """Set the `<link>` element of that relation. None removes it.

        `href` is a path of this site, an http(s) URL, or for an icon an image (`data:image/...`).

        Raises `ValueError` for another relation, `UnsafeURL` for another URL.
        """
        if rel not in get_args(LinkRelation):
            raise ValueError(f"page.link({rel!r}, ...): expected one of {', '.join(get_args(LinkRelation))}.")
        _put(self._links, rel, None if href is None else _safe(rel, href))

    def state(self) -> dict[str, Any]:
        """Return everything that is set, as JSON data."""
        values = {
            "lang": self.lang,
            "dir": self.dir,
            "html_class": self.html_class,
            "body_class": self.body_class,
            "meta": dict(self._meta),
            "link": dict(self._links),
        }
        return {name: value for name, value in values.items() if value}

    def changes(self) -> dict[str, Any] | None:
        """Return the state if it has changed since the last call, else None."""
        state = self.state()
        if state == self._sent:
            return None
        self._sent = state
        return state

    # For root templates

    def html_attributes(self, lang: str | None = None) -> Markup:
        """Return the attributes of `<html>`, each with a space before it. `lang` is used if the view sets none."""
        own = (
            _replaced("lang", self.lang, lang) + _replaced("dir", self.dir, None) + _classes(self.html_class)
        )
        return Markup(own)  # noqa: S704  every value in it is escaped

    @property
    def sets_html(self) -> bool:
        """True if an attribute of `<html>` is set."""
        return self.lang is not None or self.dir is not None or bool(self.html_class)

    def body_attributes(self) -> Markup:
        """Return the attributes of `<body>`, each with a space before it."""
        return Markup(_classes(self.body_class))  # noqa: S704  as above

    def elements(self) -> list[Markup]:
        """Return the elements for `<head>`."""
        return list(self._elements()) if self._meta or self._links else []

    def _elements(self) -> Iterator[Markup]:
        for name, content in self._meta.items():
            # Open Graph and other RDFa names are in `property`, not in `name`.
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
    # An icon is an image, which runs no scripts.
    if rel == "icon" and href.startswith("data:image/"):
        return href
    return external_url(href) if "://" in href else local_path(href)


def _replaced(name: str, value: str | None, usual: str | None) -> str:
    """Return an attribute, and a second one with the value that the client restores when the view is gone."""
    if value is None:
        return "" if usual is None else _attribute(name, usual)
    return _attribute(name, value) + _attribute(f"data-pyview-{name}", usual or "")


def _classes(text: str | None) -> str:
    return _attribute("class", text) + _attribute("data-pyview-class", text) if text else ""


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"'


class RootTemplateContext(TypedDict):
    """The values that a root template gets.

    `id` is the page's id without the prefix `phx-` of its element. `session` is the signed page token for
    `data-phx-session`, `static` the token for `data-phx-static`. `content` is the rendered view, as safe HTML;
    `additional_head_elements` are elements for `<head>`. `client_head` starts the client: style sheet, socket path and
    script; a template that omits it loads the client itself. `default_style` is the default style, which contains the
    style sheets of the client and of the core components; with it, `client_script` takes the place of `client_head`.
    `page` is the view's `socket.page`: its
    `html_attributes(lang="en")` and `body_attributes()` belong into those tags. `csp_nonce` is for scripts and styles
    of the template, if the page's content security policy requires a nonce. `component_styles` is the style sheet of
    the core components, for templates that use it.

    `container` is the tag and the attributes of the live element; `live_element(context)` returns that element.

    `view` is the class of the page's view, `path` the path of the page as the browser shows it, without its query.
    `user` and `session_data` are `socket.user` and `socket.session` of the view; they are in the page only if a
    template writes them there. A root template is rendered for the first page only: live navigation within a live
    session does not change the document.
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
    client_script: NotRequired[Markup]
    default_style: NotRequired[Markup]
    csp_nonce: NotRequired[str | None]
    component_styles: NotRequired[Markup]
    container: NotRequired[Container]
    view: NotRequired[type[Any]]
    path: NotRequired[str]
    user: NotRequired[Any]
    session_data: NotRequired[Mapping[str, Any]]


RootTemplate = Callable[[RootTemplateContext], str]
ContentWrapper = Callable[[RootTemplateContext, Markup], Markup]

# Without the script, buttons do nothing, and nothing else on the page says so.
_SCRIPT_NOTICE = Markup(
    '<p id="pyview-notice" role="status">This page is not live: its script has not loaded. '
    '<a href="">Try again</a></p>\n'
    '<noscript><p class="pyview-noscript">This page is not live: it needs JavaScript.</p></noscript>'
)

_DIV = Container()
_NOTHING = Markup()
_LINES = Markup("\n")
_DEFAULT_TITLE = Pattern(' data-default="{default}"')
_TITLE_PREFIX = Pattern(' data-prefix="{prefix}"')
_TITLE = Pattern('<title{known_prefix}{known_default} data-suffix="{suffix}">{text}</title>')

_KIND_OF_VIEW = re.compile(r"(Live)?View$|Live$")
_WORDS = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])")

_DOCUMENT = Pattern("""\
<!DOCTYPE html>
<html{html_attributes}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{title}
<meta name="csrf-token" content="{csrf_token}">
{styles}
{css}
{head_content}
{client}
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
    title_suffix: str | None = None,
    head_content: Markup | str | None = None,
    lang: str = "en",
    *,
    title_prefix: str | None = None,
    component_styles: bool = False,
    style: bool | None = None,
) -> RootTemplate:
    """Return a root template for an application.

    `css` and `head_content` are elements for `<head>`, written without escaping: never build them from input of a user.
    `content_wrapper(context, main)` returns markup around `main`, the live element. `title` is used if a view sets no
    `socket.live_title`; `title_prefix` and `title_suffix` stand around either. They are plain text. `lang` is used if a
    view sets no language (`socket.page`).

    `style` is the default style of elements and core components. All styles of the application take precedence over
    those of its elements. It is on unless `css` is given, because pages with a style sheet of their own have a design
    of their own. Without it, `component_styles` adds the style sheet of the core components, before `css`.
    """

    # Made once: most pages differ from each other in their tokens and in their content only.
    document = _DOCUMENT.with_values(css=_html(css), head_content=_html(head_content), notice=_SCRIPT_NOTICE)
    title_of = lru_cache(256)(partial(_title_of, default=title, prefix=title_prefix, suffix=title_suffix))
    styled = not css if style is None else style
    styles = "default_style" if styled else "component_styles" if component_styles else ""
    client = "client_script" if styled else "client_head"
    usual_attributes = PageAttributes().html_attributes(lang)

    def template(context: RootTemplateContext) -> str:
        main, page, own_title = live_element(context), context.get("page"), context["title"]
        elements = context["additional_head_elements"]
        return document.text(
            html_attributes=page.html_attributes(lang) if page and page.sets_html else usual_attributes,
            body_attributes=page.body_attributes() if page and page.body_class else _NOTHING,
            title=live_title(own_title, default=title, prefix=title_prefix, suffix=title_suffix)
            if own_title
            else title_of(view.__name__ if (view := context.get("view")) else ""),
            csrf_token=context["csrf_token"],
            styles=context.get(styles, ""),
            client=context.get(client) or context.get("client_head", ""),
            additional_head_elements=_LINES.join(elements) if elements else _NOTHING,
            main=content_wrapper(context, main) if content_wrapper else main,
        )

    return template


def _title_of(view_name: str, default: str | None, prefix: str | None, suffix: str | None) -> Markup:
    """Return the `<title>` of a view that sets no title: `default`, or else the words of the name of its class."""
    words = _WORDS.sub(" ", _KIND_OF_VIEW.sub("", view_name).strip("_")).capitalize()
    fallback = f"{prefix or ''}{words}{suffix or ''}" if words else "LiveView"
    return live_title(None, default=default, prefix=prefix, suffix=suffix, fallback=fallback)


def _html(trusted: str | None) -> Markup:
    return Markup(trusted or "")  # noqa: S704  the view's own render, or an argument of the developer


def live_element(context: RootTemplateContext) -> Markup:
    """Return the element that the client joins, with the content of the page in it. For root templates."""
    marks = [("main", None), ("session", context["session"] or ""), ("static", context.get("static", ""))]
    container = context.get("container", _DIV)
    return container.element(f"phx-{context['id']}", marks, context["content"])


def live_title(
    title: str | None,
    *,
    default: str | None = None,
    prefix: str | None = None,
    suffix: str | None = None,
    fallback: str = "LiveView",
) -> Markup:
    """Return the `<title>` of a page: `title` or `default`, between `prefix` and `suffix`. For root templates.

    The client writes `data-prefix + (title or data-default) + data-suffix` at the join and at each change of the title,
    so the first HTML must show the same. Without any title, the text is `fallback`; the client does not change it,
    because there is no `data-default`.
    """
    before, after, chosen = prefix or "", suffix or "", title or default
    known_prefix = _TITLE_PREFIX.fill(prefix=prefix) if prefix else ""
    known_default = _DEFAULT_TITLE.fill(default=default) if default else ""
    text = f"{before}{chosen}{after}" if chosen else fallback
    return _TITLE.fill(known_prefix=known_prefix, known_default=known_default, suffix=after, text=text)
