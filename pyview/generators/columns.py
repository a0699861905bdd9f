"""The fields of `pyview new crud`: `name:str`, `price:Decimal`, `status:enum(draft,live)`, `note:text?`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Final

from pydantic import BaseModel

from pyview.generators.errors import GeneratorError
from pyview.generators.formatting import call
from pyview.generators.names import Name

LONGEST: Final = 25  # of the names of models and fields, so that the lines with both of them fit
_MOST_CHOICES: Final = 50
_LONGEST_CHOICE: Final = 40  # characters, of the column in the database

_FIELD: Final = re.compile(
    r"(?P<name>[^:]*):(?P<kind>\w+)(\((?P<choices>[^()]*)\))?(?P<optional>\?)?", re.ASCII
)
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)

# Columns that every table has, and what SQLAlchemy and the generated code keep for themselves.
_TAKEN: Final = frozenset({"id", "version", "created_at", "updated_at", "metadata", "registry"})
# A field of such a name would hide the type in the annotations after it.
_TYPES: Final = frozenset({"bool", "float", "int", "str"})
# Names in the modules with the model, so that an enum cannot have them.
_MODULE_NAMES: Final = frozenset({"Base", "Decimal", "Mapped", "String", "StrEnum", "Text", "UtcDateTime"})


@dataclass(frozen=True)
class Kind:
    """A type of fields.

    `python` is the annotation of the column, `sql` the argument of `mapped_column`, "" if the annotation says it,
    `migration` the type in the migration, `form` the annotation of the input. `examples` are two values as Python code,
    the smaller one first; `typed` is the same as a browser sends it, `shown` as the list shows it, each as Python code.
    """

    python: str
    migration: str
    form: str
    examples: tuple[str, str]
    typed: tuple[str, str]
    shown: tuple[str, str]
    sql: str = ""
    cell: str = "{{ %s }}"
    is_number: bool = False
    is_sortable: bool = True


def _quoted(*texts: str) -> tuple[str, str]:
    first, second = texts
    return f'"{first}"', f'"{second}"'


_DECIMAL: Final = 'sa.Numeric(12, 2).with_variant(sa.BigInteger(), "sqlite")'

KINDS: Final = {
    "str": Kind(
        "str", "sa.String(200)", "Line", _quoted("Kettle", "Pot"), _quoted("Kettle", "Pot"), _quoted("Kettle", "Pot"),
        sql="String(200)",
    ),
    "text": Kind(
        "str", "sa.Text()", "Paragraphs", _quoted("A kettle.", "A pot."), _quoted("A kettle.", "A pot."),
        _quoted("A kettle.", "A pot."), sql="Text", cell="{{ %s | truncate(80) }}", is_sortable=False,
    ),
    "int": Kind("int", "sa.Integer()", "Integer", ("3", "10"), _quoted("3", "10"), _quoted("3", "10"), is_number=True),
    "float": Kind(
        "float", "sa.Double()", "Number", ("1.5", "10.5"), _quoted("1.5", "10.5"), _quoted("1.5", "10.5"),
        is_number=True,
    ),
    "Decimal": Kind(
        "Decimal", _DECIMAL, "Amount", ('Decimal("3.50")', 'Decimal("12.00")'), _quoted("3.50", "12.00"),
        _quoted("3.50", "12.00"), sql="exact_decimal(12, 2)", is_number=True,
    ),
    "bool": Kind(
        "bool", "sa.Boolean()", "bool", ("False", "True"), ("False", "True"), _quoted("No", "Yes"),
        cell='{{ "Yes" if %s else "No" }}',
    ),
    "date": Kind(
        "date", "sa.Date()", "Day", ("date(2026, 1, 31)", "date(2026, 2, 28)"), _quoted("2026-01-31", "2026-02-28"),
        _quoted("2026-01-31", "2026-02-28"),
    ),
    "datetime": Kind(
        "datetime", "sa.DateTime()", "Moment", ("datetime(2026, 1, 31, 8, 30)", "datetime(2026, 2, 28, 20, 0)"),
        _quoted("2026-01-31T08:30", "2026-02-28T20:00"), _quoted("2026-01-31 08:30", "2026-02-28 20:00"),
        cell='{{ %s.strftime("%%Y-%%m-%%d %%H:%%M") }}',
    ),
}  # fmt: skip
_EXPECTED: Final = ", ".join([*KINDS, "enum(draft,live)"])


@dataclass(frozen=True)
class Field:
    """One field of a model. `choices` are the values of an enum. The properties are parts of templates."""

    name: str
    kind: str
    optional: bool = False
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return Name(tuple(self.name.split("_"))).title

    @property
    def enum(self) -> str:
        return Name(tuple(self.name.split("_"))).pascal

    @property
    def number(self) -> bool:
        return self._kind.is_number

    @property
    def is_sortable(self) -> bool:
        return self._kind.is_sortable

    @property
    def is_searched(self) -> bool:
        return self.kind in ("str", "text")

    @property
    def is_required(self) -> bool:
        """Return True if an empty input is an error. An unticked box is False."""
        return not self.optional and self.kind != "bool"

    @property
    def column(self) -> str:
        """The line of the model."""
        annotation = f"    {self.name}: Mapped[{self._kind.python}{' | None' if self.optional else ''}]"
        return call(annotation + " = mapped_column", [self._kind.sql]) if self._kind.sql else annotation

    @property
    def form(self) -> str:
        """The line of the form."""
        if self.kind == "bool" and not self.optional:
            return f"{self.name}: bool = False"
        return f"{self.name}: {self._kind.form}{' | None = None' if self.optional else ''}"

    @property
    def migration(self) -> str:
        """The column in the migration."""
        arguments = [f'"{self.name}"', self._kind.migration, f"nullable={self.optional}"]
        return call("        sa.Column", arguments, end=",")

    @property
    def cell(self) -> str:
        """The content of a cell of the list."""
        value = f"row.{self.name}"
        if not self.optional:
            return self._kind.cell % value
        return f"{{% if {value} is not none %}}{self._kind.cell % value}{{% else %}}-{{% endif %}}"

    @property
    def input(self) -> str:
        """The arguments of the input after the field."""
        if self.kind == "text":
            return ', type="textarea", phx_debounce="300"'
        return "" if self.kind in ("bool", "enum") else ', phx_debounce="300"'

    @property
    def values(self) -> tuple[str, str]:
        """Two values for tests, as Python code."""
        return self._kind.examples

    @property
    def typed(self) -> tuple[str, str]:
        return self._kind.typed

    @property
    def shown(self) -> tuple[str, str]:
        return self._kind.shown

    @property
    def form_type(self) -> str:
        """The name that the form imports, "" if it imports none."""
        return "" if self.kind in ("bool", "enum") else self._kind.form

    @property
    def _kind(self) -> Kind:
        if self.kind != "enum":
            return KINDS[self.kind]
        first, second = self.choices[0], self.choices[1 % len(self.choices)]
        members = f"{self.enum}.{first.upper()}", f"{self.enum}.{second.upper()}"
        texts = _quoted(first, second)
        return Kind(
            self.enum,
            f"sa.String({_LONGEST_CHOICE})",
            self.enum,
            members,
            texts,
            texts,
            sql=f"enum_type({self.enum})",
        )


def parse_fields(texts: Sequence[str], model: str) -> list[Field]:
    """Return the fields of a command line. Raises `GeneratorError` for one that cannot be generated."""
    if not texts:
        raise GeneratorError("expected at least one field, such as name:str or price:Decimal")
    fields = [_parse(text, model) for text in texts]
    names = [field.name for field in fields]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise GeneratorError(f"the field {twice} is there twice")
    if not any(field.is_sortable for field in fields):
        raise GeneratorError(
            "expected a field by which the list can be sorted, such as name:str, besides text"
        )
    return fields


def _parse(text: str, model: str) -> Field:
    found = _FIELD.fullmatch(text)
    if found is None:
        raise GeneratorError(f"expected a field such as name:str or note:text?, got {text!r}")
    name, kind = _checked_name(found["name"]), found["kind"]
    if kind == "enum":
        field = Field(name, kind, bool(found["optional"]), _choices(text, found["choices"]))
        if field.enum in _MODULE_NAMES | {model, f"{model}Form"}:
            raise GeneratorError(
                f"the enum of {name} would have the name of another class, {field.enum}: choose another name"
            )
        return field
    if found["choices"] is not None or kind not in KINDS:
        hint = "".join(f"; did you mean {each}?" for each in KINDS if each.lower() == kind.lower())
        raise GeneratorError(f"unknown type in {text!r}: expected one of {_EXPECTED}{hint}")
    return Field(name, kind, bool(found["optional"]))


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise GeneratorError(
            f"expected the name of a field in small letters, such as unit_price, got {name!r}"
        )
    if len(name) > LONGEST:
        raise GeneratorError(f"expected the name of a field with at most {LONGEST} characters, got {name!r}")
    if iskeyword(name) or name in _TYPES:
        raise GeneratorError(f"{name!r} is a word of Python: choose another name, such as {name}_value")
    if name in _TAKEN or hasattr(BaseModel, name) or name.startswith("model_"):
        raise GeneratorError(
            f"{name!r} is taken in every table or form: choose another name, such as {name}_value"
        )
    return name


def _choices(text: str, listed: str | None) -> tuple[str, ...]:
    choices = tuple(part.strip() for part in (listed or "").split(",") if part.strip())
    wrong = [each for each in choices if not _NAME.fullmatch(each) or len(each) > _LONGEST_CHOICE]
    if wrong or not 2 <= len(choices) <= _MOST_CHOICES or len(set(choices)) < len(choices):
        raise GeneratorError(
            f"expected 2 to {_MOST_CHOICES} different values, as in status:enum(draft,live), got {text!r}"
        )
    return choices
