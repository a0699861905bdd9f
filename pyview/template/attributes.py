"""HTML attributes of Python values: left out, bare or quoted, and never script in disguise.

`None` and `False` leave an attribute out, `True` writes it bare, a list is a list of classes, a mapping chooses classes
or gives a style. What is text is escaped; what a browser would run as a program is refused or made harmless.
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
"""Attributes whose value is an address that the browser may go to, or fetch."""

_ANIMATIONS: Final = frozenset({"animate", "set"})
_ANIMATED: Final = frozenset({"to", "from", "by", "values"})

_COLLECTIONS: Final = (Mapping, list, tuple, set, frozenset)

_DANGEROUS: Final = frozenset({"javascript", "vbscript", "data"})
_HARMLESS_DATA = re.compile(r"data:(?:image|audio|video|font)/", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f]+")
_AFTER_SCHEME = re.compile(r"[/?#]")
_NAME = re.compile(r"[\w:@.\-\[\]]+\Z")
_PROPERTY = re.compile(r"--[\w-]+\Z|-?[A-Za-z][A-Za-z-]*\Z")
# A declaration's value: nothing that ends it, outside of quotes and parentheses.
_CSS_VALUE = re.compile(
    r"""(?:[^;{}"'()\\<]|"[^"\\\n<]*"|'[^'\\\n<]*'|\((?:[^()"'\\<]|"[^"\\\n<]*"|'[^'\\\n<]*')*\))*\Z"""
)

_TRUE_OR_FALSE: Final = frozenset({"contenteditable", "draggable", "spellcheck"})
"""Attributes that want the word `true` or `false`, beside all that begin with `aria-`."""

_HYPHENATED = re.compile(r"(?:data|aria|phx)_")


class Attributes(dict[str, Any]):
    """Attributes for a tag: `<button {attributes}>` in a template string, `<button{{ attributes }}>` in Jinja2."""

    __slots__ = ()

    def __html__(self) -> str:
        return attributes_text(self)

    def __str__(self) -> str:
        return attributes_text(self)

    def merged(self, **defaults: Any) -> "Attributes":
        """These attributes over `defaults`. Names as in a call: `class_`, `phx_click`."""
        return Attributes({**{html_name(name): value for name, value in defaults.items()}, **self})


def html_name(name: str) -> str:
    """The attribute that a Python argument stands for: `class_` -> `class`, `phx_value_id` -> `phx-value-id`."""
    if name.endswith("_"):
        name = name[:-1]
    return name.replace("_", "-") if _HYPHENATED.match(name) else name


def attributes_text(attributes: Any, tag: str = "") -> str:
    """Every attribute, each with a space before it. Takes a mapping; `None` and `False` are none at all."""
    if attributes is None or attributes is False:
        return ""
    if not isinstance(attributes, Mapping):
        raise TypeError(
            f"expected a mapping of attributes in the midst of a tag, got {_shown(attributes)}. Write {{attributes}}"
            ' with a dict such as {"id": "x", "hidden": True}, or name="{value}" for one attribute'
        )
    return "".join(attribute_text(html_name(str(name)), value, tag) for name, value in attributes.items())


def attribute_text(name: str, value: Any, tag: str = "") -> str:
    """One attribute with a space before it: ` name="value"`, ` name`, or nothing. Raises ValueError for a bad name."""
    if value is None:
        return ""
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no name of an attribute: letters, digits, - _ : @ . only")
    if value is True or value is False:
        return _switch(name, value)
    if name == "class" or name == "style":
        text = class_names(value) if name == "class" else style(value)
        return f' {name}="{text}"' if text else ""
    return f' {name}="{attribute_value(name, value, tag)}"'


def _switch(name: str, value: bool) -> str:
    if name.startswith("aria-") or name in _TRUE_OR_FALSE:
        return f' {name}="{str(value).lower()}"'
    return f" {name}" if value else ""


def attribute_value(name: str, value: Any, tag: str = "") -> str:
    """The value between the quotes, of an attribute as a whole."""
    if is_program(name):
        return vouched(name, value)
    if is_url(name, tag):
        return escape_text(safe_url(url_text(value)))
    return binding(name, value) if is_binding(name) else quoted(value)


def binding(name: str, value: Any) -> str:
    """The beginning of a `phx-*` binding, in which only a chain of JS commands is run."""
    return quoted(value if isinstance(value, (Live, *_COLLECTIONS)) else binding_text(name, value))


def is_program(name: str) -> bool:
    """Whether a browser runs the attribute's value as a program, or parses it as a page."""
    return name[:2].lower() == "on" or name.lower() == "srcdoc"


def is_url(name: str, tag: str = "") -> bool:
    """Whether an attribute holds an address."""
    name = name.lower()
    return name in URL_ATTRIBUTES or (name in _ANIMATED and tag.lower() in _ANIMATIONS)


def quoted(value: Any) -> str:
    """A value as part of a quoted attribute. What is HTML already keeps its entities, and cannot end the quotes."""
    if type(value) is str:
        return escape_text(value)
    if value is None:
        return ""
    if isinstance(value, (Live, *_COLLECTIONS)) or is_template_class(type(value)):
        raise TypeError(
            f"an attribute holds text, got {_shown(value)}. Make a text of it, such as json.dumps(...)"
        )
    if hasattr(value, "__html__"):
        return _as_attribute(str(value.__html__()))
    return escape_text(str.__str__(str(value)))


def vouched(name: str, value: Any) -> str:
    """A value that a browser will run: only what somebody vouched for. Raises TypeError for anything else."""
    if isinstance(value, Markup):
        return _as_attribute(str.__str__(value))
    raise TypeError(
        f"{name} is run by the browser as a program, and escaping cannot make {_shown(value)} safe there. Use phx-click"
        " and its kin, put data into data-* attributes, or vouch for a constant text by markupsafe.Markup"
    )


def _as_attribute(markup: str) -> str:
    return markup.replace('"', "&#34;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")


def url_text(value: Any) -> str:
    """An address as text; entities of what is HTML already are resolved, as a browser will."""
    if value is None:
        return ""
    if hasattr(value, "__html__"):
        return html.unescape(str(value.__html__()))
    if isinstance(value, _COLLECTIONS) or is_template_class(type(value)):
        raise TypeError(f"expected an address, got {_shown(value)}")
    return str(value)


def safe_url(url: str) -> str:
    """`url`; one that would run as a program is turned into one that leads nowhere, and still shows what it was."""
    return url if is_harmless(url) else f"unsafe:{url}"


def is_harmless(url: str) -> bool:
    """Whether an address is none that a browser runs, as `javascript:` is."""
    if ":" not in url:
        return True
    seen = _UNSEEN.sub("", url)
    scheme, colon, _ = _AFTER_SCHEME.split(seen, maxsplit=1)[0].partition(":")
    return not colon or scheme.lower() not in _DANGEROUS or _HARMLESS_DATA.match(seen) is not None


def may_be_scheme(piece: str) -> bool:
    """Whether a piece of an address, not its first one, could complete its scheme."""
    return ":" in _AFTER_SCHEME.split(piece, maxsplit=1)[0]


def class_names(value: Any) -> str:
    """The classes of a text, of a list in which false entries do not count, of a mapping of classes to conditions."""
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
    """A style of a text, or of properties with their values; properties without a value are left out."""
    if isinstance(value, Mapping):
        return "; ".join(_declarations(value.items()))
    if isinstance(value, (list, tuple)):
        return "; ".join(filter(None, map(style, value)))
    return quoted(value)


def _declarations(items: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    for name, value in items:
        if not _PROPERTY.match(str(name)):
            raise ValueError(f"{name!r} is no name of a CSS property")
        if value is not None and value is not False and is_css_value(str(value)):
            yield f"{name}: {quoted(value)}"


def is_css_value(text: str) -> bool:
    """Whether a text can be the value of a declaration without ending it and beginning another."""
    return _CSS_VALUE.match(text) is not None


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
