"""Shared parts of the components: the import of the macros, and attributes that only some elements have."""

from typing import Final

UI: Final = '{% import "pyview/components.html" as ui %}'
"""Start of the template of each component. It calls the macro of its own name, so Jinja2 and template strings have one
implementation; a macro of the application's own `pyview/components.html` stands in for both."""

# Every element may have other attributes, which are passed on in any case.
FORM: Final = ("action", "autocomplete", "enctype", "name", "novalidate", "target")
BUTTON: Final = ("disabled", "form", "formaction", "formmethod", "formnovalidate", "name", "type", "value")
INPUT: Final = (
    *("accept", "autocomplete", "checked", "cols", "disabled", "form", "list", "max", "maxlength", "min"),
    *("minlength", "multiple", "pattern", "placeholder", "readonly", "required", "rows", "size", "step"),
    "wrap",
)
LINK: Final = ("download", "hreflang", "referrerpolicy", "rel", "target")
