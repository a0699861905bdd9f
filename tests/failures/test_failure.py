"""A failure as data: frames, causes, hints and texts of any exception."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, FileSystemLoader

from pyview.failures.failure import Failure
from pyview.failures.html import failure_html, failure_page
from pyview.failures.terminal import headline, terminal_text


def raised(act: Callable[[], Any]) -> BaseException:
    try:
        act()
    except BaseException as error:
        return error
    raise AssertionError("it raised nothing")


def inner() -> None:
    raise LookupError("no such product")


def outer() -> None:
    inner()


def test_the_innermost_own_frame_comes_first_with_the_lines_around_it() -> None:
    failure = Failure.from_error(raised(outer), what="event 'add'", view="Shop", page="/", payload={"a": 1})
    assert (failure.kind, failure.message, failure.payload) == ("LookupError", "no such product", "a: 1")
    assert [frame.function for frame in failure.frames] == ["inner", "outer", "raised"]
    frame = failure.frames[0]
    assert (frame.file, frame.source) == (__file__, 'raise LookupError("no such product")')
    assert frame.lines[frame.line - frame.first - 1] == "def inner() -> None:"


def test_frames_of_libraries_are_counted_only() -> None:
    failure = Failure.from_error(raised(lambda: json.loads("{")))
    assert (failure.foreign > 0, failure.packages) == (True, ("Python",))
    assert all(frame.file == __file__ for frame in failure.frames)


def test_causes_come_in_order() -> None:
    def first() -> None:
        raise KeyError("first")

    def second() -> None:
        try:
            first()
        except KeyError:
            raise ValueError("second")  # noqa: B904  this is the case

    def third() -> None:
        try:
            second()
        except ValueError as error:
            raise RuntimeError("third") from error

    causes = Failure.from_error(raised(third)).causes
    assert [(cause.relation, cause.kind) for cause in causes] == [
        ("Caused by", "ValueError"),
        ("Raised while handling", "KeyError"),
    ]
    assert causes[1].frames[0].function == "first"


def test_each_exception_of_a_group_is_a_cause() -> None:
    def group() -> None:
        raise ExceptionGroup("two tasks", [ValueError("one"), ExceptionGroup("more", [OSError("two")])])

    causes = Failure.from_error(raised(group)).causes
    assert [(cause.relation, cause.kind) for cause in causes] == [
        ("1 of 2 in the group", "ValueError"),
        ("2 of 2 in the group", "ExceptionGroup"),
        ("1 of 1 in the group", "OSError"),
    ]


def test_a_chain_may_be_a_circle() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert len(Failure.from_error(one).causes) == 1


def test_a_function_that_calls_itself_is_one_frame_with_its_count() -> None:
    def again() -> None:
        again()

    failure = Failure.from_error(raised(again))
    assert failure.kind == "RecursionError"
    assert [frame.function for frame in failure.frames] == ["again", "raised"]
    assert failure.frames[0].times > 500
    assert "without an end" in failure.hint


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError

    __repr__ = __str__


def test_an_exception_without_a_text() -> None:
    error = Unspeakable()
    failure = Failure.from_error(error, payload={"it": error})
    assert failure.message == "(no message: its __str__ raised ZeroDivisionError)"
    assert failure.payload == "(not shown: its __repr__ raised ZeroDivisionError)"
    assert failure_page(failure)
    assert terminal_text(failure) is not None


def test_half_a_surrogate_pair_is_escaped() -> None:
    half = chr(0xD83D)
    failure = Failure.from_error(ValueError(half), what=half, page=half, payload={half: half})
    assert json.dumps(failure.as_json()).encode()
    assert failure_page(failure).encode()
    assert failure.message == "\\ud83d"


def test_long_texts_are_cut() -> None:
    error = raised(lambda: (_ for _ in ()).throw(ValueError("x" * 5_000_000)))
    failure = Failure.from_error(error, payload={str(n): "y" * 1_000_000 for n in range(60)})
    assert len(failure_page(failure)) < 100_000
    assert "more characters" in failure.message
    assert "more characters" in failure.payload


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "gone.py"
    file.write_text("def act():\n    raise ValueError\n")
    names: dict[str, Any] = {}
    exec(compile(file.read_text(), file, "exec"), names)  # noqa: S102  code of a file, as an import
    file.unlink()
    failure = Failure.from_error(raised(names["act"]))
    assert (failure.frames[0].file, failure.frames[0].lines) == (str(file), ())
    assert f">{file}:2</a>" in failure_html(failure)


def test_the_line_of_a_syntax_error(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text("x = 1\ndef broken(:\n    pass\n")
    failure = Failure.from_error(raised(lambda: compile(file.read_text(), str(file), "exec")))
    assert (failure.kind, failure.message) == ("SyntaxError", "invalid syntax")
    assert (failure.frames[0].line, failure.frames[0].source) == (2, "def broken(:")


def test_the_line_of_a_template_that_does_not_compile_is_shown_once(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>\n{% if %}")
    environment = Environment(loader=FileSystemLoader(tmp_path), autoescape=True)
    frames = Failure.from_error(raised(lambda: environment.get_template("page.html"))).frames
    assert [(Path(frame.file).name, frame.line) for frame in frames][:2] == [
        ("page.html", 2),
        ("test_failure.py", frames[1].line),
    ]


TEMPLATES = {
    "included": {"page.html": "<p>\n{% include 'part.html' %}</p>", "part.html": "<i>\n\n{{ 1 / 0 }}</i>"},
    "macro": {
        "page.html": "{% from 'part.html' import bad %}\n{{ bad() }}",
        "part.html": "{% macro bad() %}\n\n{{ 1 / 0 }}{% endmacro %}",
    },
}


@pytest.mark.parametrize("files", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_the_line_of_a_template_inside_another(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    template = Environment(loader=FileSystemLoader(tmp_path), autoescape=True).get_template("page.html")
    frames = Failure.from_error(raised(template.render)).frames
    assert [(Path(frame.file).name, frame.line) for frame in frames[:2]] == [
        ("part.html", 3),
        ("page.html", 2),
    ]


HINTS = [
    (
        lambda: Environment(loader=DictLoader({}), autoescape=True).get_template("away.html"),
        "Write the template",
    ),
    (lambda: __import__("no_such_package"), "Install the package that has 'no_such_package'"),
    (
        lambda: (_ for _ in ()).throw(TypeError("object int can't be used in 'await' expression")),
        "Remove `await`",
    ),
]


@pytest.mark.parametrize(("act", "hint"), HINTS)
def test_a_well_known_mistake_says_what_to_do(act: Callable[[], Any], hint: str) -> None:
    assert hint in Failure.from_error(raised(act)).hint


def test_a_failure_survives_json() -> None:
    failure = Failure.from_error(raised(outer), payload={"a": 1}, error_id="1a2b3c4d")
    assert Failure.from_json(json.loads(json.dumps(failure.as_json()))) == failure


def test_the_same_mistake_has_the_same_key() -> None:
    keys = {Failure.from_error(raised(act), what="event 'add'").key for act in (outer, outer, inner)}
    assert len(keys) == 1
    assert Failure.from_error(raised(outer), what="event 'buy'").key not in keys


@given(st.text(), st.text())
def test_no_text_is_markup(message: str, payload: str) -> None:
    attack = f"</script><script>alert(1)</script>{message}"
    failure = Failure.from_error(ValueError(attack), what=attack, view=attack, payload={attack: payload})
    html = failure_page(failure)
    assert "<script" not in html
    assert "</script" not in html


def test_the_terminal_shows_own_lines_and_folds_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    failure = Failure.from_error(raised(lambda: json.loads("{")), view="Shop", what="event 'add'")
    assert headline(failure).startswith("Shop event 'add': JSONDecodeError: Expecting property name")
    lines = terminal_text(failure).splitlines()
    assert lines[0].startswith(f"  test_failure.py:{failure.frames[0].line} in ")
    assert lines[-1] == f"  ({failure.foreign} frames in Python)"
