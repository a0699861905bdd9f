"""Rules of edited cells: the pydantic model that checks a value, the input that fits it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pyview.forms import Form
from pyview.forms.inputs import as_text
from pyview.tables.columns import Column
from pyview.tables.shown import ShownEdit
from pyview.tables.values import cell_text, field_value, plain_text

_INPUTS: Mapping[str, str] = {"date": "date", "datetime": "datetime-local"}


class Refused(ValueError):
    """The typed value does not fit the model. The message is for the user."""


@dataclass(frozen=True, slots=True)
class EditRules:
    """Rules for editing cells.

    `model` has the edited fields, and checks a value together with the other fields of the row. `save` is
    `save(socket, row, changes)`: it stores the changes and returns the row as it is then. Without it the source stores.
    """

    model: type[BaseModel]
    save: Callable[[Any, Any, dict[str, Any]], Any] | None = None

    def value_of(self, row: Any, column: str, text: str) -> Any:
        """Return the typed text as a value of the column. Raises `Refused` with an error for the user."""
        names = self.model.model_fields
        # Checked as the submitted form of a whole row: with its rules for blank fields, and its words.
        form = Form(self.model, {name: as_text(field_value(row, name)) for name in names} | {column: text})
        if not form.valid:
            others = (error for field in form for error in field.errors)
            raise Refused(" ".join(form[column].errors or form.errors or others))
        return getattr(form.value, column)


def edit_form(column: Column, label: str, text: str, error: str, booleans: tuple[str, str]) -> ShownEdit:
    """Return the form of a cell. `booleans` are the words for True and False."""
    options: tuple[tuple[str, str], ...] = ()
    if column.kind == "boolean":
        options = (("true", booleans[0]), ("false", booleans[1]))
    elif column.kind == "choice":
        options = tuple((plain_text(one), cell_text(one, column)) for one in column.choices or ())
    kind = "select" if options else _INPUTS.get(column.kind or "", "text")
    return ShownEdit(column.name, label, kind, text, error, options)
