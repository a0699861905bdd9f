"""HTML attributes from Python values: omitted, bare or quoted, and safe.

`None` and `False` omit an attribute and `True` writes it bare. A list is a list of classes; a mapping chooses classes
or gives style properties. Text is escaped. A value that a browser would run as a program is refused or made harmless.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup

from pyview.js.bindings import binding_text, is_binding
from pyview.template.tree.immutable import is_template_class
from pyview.template.tree.output import Live, escape_text

URL_ATTRIBUTES: Final = frozenset(
    {
        *("action", "background", "cite", "classid", "codebase", "data", "formaction", "href", "longdesc"),
        *("manifest", "ping", "poster", "profile", "src", "usemap", "xlink:href"),
    }
)
"""Attributes whose value is a URL that the browser may open or fetch."""

# SVG's <animate> and <set> can write one of these values into the `href` of a link around them.
_ANIMATIONS: Final = frozenset({"animate", "set"})
_ANIMATED: Final = frozenset({"to", "from", "by", "values"})

_COLLECTIONS: Final = (Mapping, list, tuple, set, frozenset)

# A `data:` URL may be a page with scripts. Images, sounds, videos and fonts are allowed again below.
_DANGEROUS: Final = frozenset({"javascript", "vbscript", "data"})
_HARMLESS_DATA = re.compile(r"data:(?:image|audio|video|font)/", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\x9f]+")
_AFTER_SCHEME = re.compile(r"[/?#]")
# A space, a quote, `=` or `>` in a name could begin another attribute, such as `onclick`.
_NAME = re.compile(r"[\w:@.\-\[\]]+\Z")
_PROPERTY = re.compile(r"--[\w-]+\Z|-?[A-Za-z][A-Za-z-]*\Z")
# A declaration's value: outside of quotes and parentheses, no character that ends it.
_CSS_VALUE = re.compile(
    r"""(?:[^;{}"'()\\<]|"[^"\\\n<]*"|'[^'\\\n<]*'|\((?:[^()"'\\<]|"[^"\\\n<]*"|'[^'\\\n<]*')*\))*\Z"""
)

_TRUE_OR_FALSE: Final = frozenset({"contenteditable", "draggable", "spellcheck"})
"""Attributes with the values `true` and `false`, like all that begin with `aria-`."""

_HYPHENATED = re.compile(r"(?:data|aria|phx)_")


class Attributes(dict[str, Any]):
    """Attributes for a tag: `<button {attributes}>` in a template string, `<button{{ attributes }}>` in Jinja2."""

    __slots__ = ()

    def __html__(self) -> str:
        return attributes_text(self)

    def __str__(self) -> str:
        return attributes_text(self)

    def merged(self, **defaults: Any) -> "Attributes":
        """Return these attributes, with `defaults` for those that are missing. Names as in a call: `class_`."""
        return Attributes({**{html_name(name): value for name, value in defaults.items()}, **self})


def html_name(name: str) -> str:
    """Return the HTML name of a Python argument: `class_` -> `class`, `phx_value_id` -> `phx-value-id`."""
    if name.endswith("_"):
        name = name[:-1]
    return name.replace("_", "-") if _HYPHENATED.match(name) else name


def attributes_text(attributes: Any, tag: str = "") -> str:
    """Return all attributes of a mapping as HTML, each with a space before it. `None` and `False` give "".

    Raises TypeError for any other value.
    """
    if attributes is None or attributes is False:
        return ""
    if not isinstance(attributes, Mapping):
        raise TypeError(
            f"expected a mapping of attributes inside a tag, got {_shown(attributes)}. Write {{attributes}}"
            ' with a dict such as {"id": "x", "hidden": True}, or name="{value}" for one attribute'
        )
    return "".join(attribute_text(html_name(str(name)), value, tag) for name, value in attributes.items())


def attribute_text(name: str, value: Any, tag: str = "") -> str:
    """Return one attribute with a space before it: ` name="value"`, ` name` or "". Raises ValueError for a bad name."""
    if value is None:
        return ""
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is not an attribute name: expected letters, digits, - _ : @ . only")
    if value is True or value is False:
        return _boolean_attribute(name, value)
    if name == "class" or name == "style":
        text = class_names(value) if name == "class" else style(value)
        return f' {name}="{text}"' if text else ""
    return f' {name}="{attribute_value(name, value, tag)}"'


def _boolean_attribute(name: str, value: bool) -> str:
    # Here a missing attribute is not the same as `false`, so False has to be written.
    if name.startswith("aria-") or name in _TRUE_OR_FALSE:
        return f' {name}="{str(value).lower()}"'
    return f" {name}" if value else ""


def attribute_value(name: str, value: Any, tag: str = "") -> str:
    """Return the text between the quotes of a whole attribute value."""
    if is_program(name):
        return trusted(name, value)
    if is_url(name, tag):
        return escape_text(safe_url(url_text(value)))
    return binding(name, value) if is_binding(name) else quoted(value)


def binding(name: str, value: Any) -> str:
    """Return the text at the beginning of a `phx-*` binding. Only a chain of JS commands may be run there."""
    return quoted(value if isinstance(value, (Live, *_COLLECTIONS)) else binding_text(name, value))


def is_program(name: str) -> bool:
    """Return True if a browser runs the attribute's value as a program, or parses it as a page."""
    return name[:2].lower() == "on" or name.lower() == "srcdoc"


def is_url(name: str, tag: str = "") -> bool:
    """Return True if an attribute holds a URL."""
    name = name.lower()
    return name in URL_ATTRIBUTES or (name in _ANIMATED and tag.lower() in _ANIMATIONS)


def quoted(value: Any) -> str:
    """Return the text of a value inside a quoted attribute. HTML keeps its entities, and cannot end the quotes."""
    if type(value) is str:
        return escape_text(value)
    if value is None:
        return ""
    if isinstance(value, (Live, *_COLLECTIONS)) or is_template_class(type(value)):
        raise TypeError(
            f"expected text for an attribute, got {_shown(value)}. Convert it, for example with json.dumps(...)"
        )
    if hasattr(value, "__html__"):
        return _as_attribute(str(value.__html__()))
    return escape_text(str.__str__(str(value)))


def trusted(name: str, value: Any) -> str:
    """Return the text of a value that a browser will run. Raises TypeError unless it is Markup."""
    if isinstance(value, Markup):
        return _as_attribute(str.__str__(value))
    raise TypeError(
        f"the browser runs {name} as a program, and escaping cannot make {_shown(value)} safe there. Use phx-click or"
        " another binding, put data into data-* attributes, or mark a constant text as safe with markupsafe.Markup"
    )


def _as_attribute(markup: str) -> str:
    # `&` stays, because the entities of markup keep their meaning in an attribute.
    return markup.replace('"', "&#34;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")


def url_text(value: Any) -> str:
    """Return a URL as text. Entities in HTML are decoded, as a browser will do."""
    if value is None:
        return ""
    if hasattr(value, "__html__"):
        return html.unescape(str(value.__html__()))
    if isinstance(value, _COLLECTIONS) or is_template_class(type(value)):
        raise TypeError(f"expected a URL, got {_shown(value)}")
    return str(value)


def safe_url(url: str) -> str:
    """Return `url`, with `unsafe:` before it if a browser would run it: it leads nowhere, and still shows the value."""
    # Made harmless and not refused: the text of one visitor must not make the page fail for all others.
    return url if is_harmless(url) else f"unsafe:{url}"


def is_harmless(url: str) -> bool:
    """Return False if a browser would run the URL, as it runs `javascript:`."""
    if ":" not in url:
        return True
    # Browsers drop control characters and spaces, so `java\nscript:` is `javascript:`.
    visible = _INVISIBLE.sub("", url)
    scheme, colon, _ = _AFTER_SCHEME.split(visible, maxsplit=1)[0].partition(":")
    return not colon or scheme.lower() not in _DANGEROUS or _HARMLESS_DATA.match(visible) is not None


def may_be_scheme(piece: str) -> bool:
    """Return True if a later piece of a URL could complete its scheme."""
    # After the first slash, question mark or # a colon ends no scheme (RFC 3986, sections 3.1 and 4.2).
    return ":" in _AFTER_SCHEME.split(piece, maxsplit=1)[0]


def class_names(value: Any) -> str:
    """Return the value of `class`, from text, a list (without false entries) or a mapping of classes to conditions."""
    if not isinstance(value, _COLLECTIONS):
        return quoted(value)
    return " ".join(quoted(name) for name in _classes(value))


def _classes(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from (name for name, wanted in value.items() if wanted)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _classes(each)
    elif value is not None and value is not False and value is not True and value != "":
        yield value


def style(value: Any) -> str:
    """Return the value of `style`, from text or a mapping of properties. Properties without a value are omitted."""
    if isinstance(value, Mapping):
        return "; ".join(_declarations(value.items()))
    if isinstance(value, (list, tuple)):
        return "; ".join(filter(None, map(style, value)))
    return quoted(value)


def _declarations(items: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    for name, value in items:
        if not _PROPERTY.match(str(name)):
            raise ValueError(f"{name!r} is not the name of a CSS property")
        if value is not None and value is not False and is_css_value(str(value)):
            yield f"{name}: {quoted(value)}"


def is_css_value(text: str) -> bool:
    """Return True if a text can be the value of a CSS declaration without ending it and beginning another."""
    return _CSS_VALUE.match(text) is not None


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
