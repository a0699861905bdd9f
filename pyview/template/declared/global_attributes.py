"""The HTML attributes that every element has: a component that passes on what it does not know takes these."""

from typing import Final

PREFIXES: Final = ("aria-", "data-", "phx-", "on")

GLOBAL_ATTRIBUTES: Final = frozenset(
    {
        *(
            "accesskey",
            "autocapitalize",
            "autocorrect",
            "autofocus",
            "class",
            "contenteditable",
            "contextmenu",
            "dir",
        ),
        *(
            "draggable",
            "enterkeyhint",
            "exportparts",
            "hidden",
            "id",
            "inert",
            "inputmode",
            "is",
            "itemid",
            "itemprop",
        ),
        *(
            "itemref",
            "itemscope",
            "itemtype",
            "lang",
            "nonce",
            "part",
            "popover",
            "role",
            "slot",
            "spellcheck",
            "style",
        ),
        *(
            "tabindex",
            "title",
            "translate",
            "virtualkeyboardpolicy",
            "writingsuggestions",
            "xml:base",
            "xml:lang",
        ),
    }
)


def is_global(name: str) -> bool:
    """Whether an attribute, by its name in HTML, may stand on any element."""
    return name in GLOBAL_ATTRIBUTES or name.startswith(PREFIXES)
