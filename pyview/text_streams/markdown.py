"""Markdown from people and language models as HTML that cannot do harm.

HTML in the text is shown as text. Links go to http, https and mail addresses only, and open beside the page. A picture
becomes a link: a browser would load it by itself, and its address can carry what the conversation contains to another
server.
"""

from collections.abc import MutableMapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from pyview.template.component import component

Token = Any
"""A token of markdown-it-py, which is an extra."""

_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_RULES: Final = ("table", "strikethrough")


@component
def markdown(text: str) -> Markup:
    """The HTML of a Markdown text. Needs the extra `markdown`."""
    return Markup(html(parse(text, {})))  # noqa: S704  the renderer has escaped it


def parse(text: str, env: MutableMapping[str, Any]) -> list[Token]:
    """Return the tokens of a text. `env` keeps the targets of its reference links for later texts."""
    tokens: list[Token] = _parser().parse(text, env)
    return tokens


def html(tokens: Sequence[Token]) -> str:
    """Return the HTML of tokens. Those of a part of a text may open elements that a later part closes."""
    parser = _parser()
    rendered: str = parser.renderer.render(tokens, parser.options, {})
    return rendered


@cache
def _parser() -> Any:
    try:
        markdown_it = import_module("markdown_it")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "Markdown needs the package markdown-it-py: pip install 'pyview-live[markdown]'",
            name="markdown_it",
        ) from None
    parser = markdown_it.MarkdownIt("commonmark", {"html": False}).enable(list(_RULES))
    parser.validateLink = _is_harmless
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    parser.add_render_rule("table_open", _table)
    parser.add_render_rule("th_open", _table_cell)
    parser.add_render_rule("td_open", _table_cell)
    return parser


def _is_harmless(url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    # Without a scheme: a path on this site, or a heading of the text.
    return parts.scheme.lower() in _SCHEMES or (not parts.scheme and not url.strip().startswith(("//", "\\")))


def _link(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    token.attrSet("target", "_blank")
    # The other page must not reach this one, nor learn its address.
    token.attrSet("rel", "noopener noreferrer nofollow")
    return str(renderer.renderToken(tokens, at, options, env))


def _picture(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    label = renderer.renderInlineAsText(token.children or [], options, env) or token.attrs["src"]
    address = escape(token.attrs["src"])
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{escape(label)}</a>'


def _code(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    return code_start(tokens[at]) + str(escape(tokens[at].content)) + CODE_END


def _table(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    # A wide table scrolls, so that it must be reachable by the keyboard.
    tokens[at].attrSet("tabindex", "0")
    return str(renderer.renderToken(tokens, at, options, env))


def _table_cell(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    # A strict content security policy forbids the attribute `style`.
    align = str(tokens[at].attrs.pop("style", "")).removeprefix("text-align:")
    if align:
        tokens[at].attrSet("class", f"pv-{align}")
    return str(renderer.renderToken(tokens, at, options, env))


def code_start(token: Token) -> str:
    """Return the beginning of a code block. It scrolls, so that it must be reachable by the keyboard."""
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    named = f' class="language-{escape(language)}"' if language else ""
    return f'<pre class="pv-code" tabindex="0"><code{named}>'


CODE_END: Final = "</code></pre>\n"
