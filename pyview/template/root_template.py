"""The HTML document around a live page: `<head>`, title, and the element that the client joins."""

from collections.abc import Callable, Mapping
from typing import Any, NotRequired, TypedDict

from markupsafe import Markup

from pyview.container import Container
from pyview.page_attributes import PageAttributes
from pyview.template.pattern import Pattern


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
