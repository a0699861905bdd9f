"""Forms over pydantic models: what a browser sent, the object it describes, and what to tell its user.

Nothing here does I/O, or knows a view or a template.
"""

from pyview.forms.errors import ENGLISH, FieldError, Messages, Problem
from pyview.forms.form import Form, InvalidForm, named_field, to_form
from pyview.forms.parts import FormField, FormPart, Option

__all__ = [
    "ENGLISH",
    "FieldError",
    "Form",
    "FormField",
    "FormPart",
    "InvalidForm",
    "Messages",
    "Option",
    "Problem",
    "named_field",
    "to_form",
]
