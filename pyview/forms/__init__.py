"""Forms over pydantic models: input from the browser, the validated object, and errors for the user.

This package does no I/O and does not know views or templates.
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
