"""Links to the developer's editor."""

import pytest

from pyview.failures.editors import EDITORS, editor_link, editor_pattern


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("", "vscode://file/home/a%20b/shop.py:7"),
        ("Cursor", "cursor://file/home/a%20b/shop.py:7"),
        ("pycharm", "pycharm://open?file=/home/a%20b/shop.py&line=7"),
        ("sublime", "subl://open?url=file:///home/a%20b/shop.py&line=7"),
        ("my://{line}/of{file}", "my://7/of/home/a%20b/shop.py"),
    ],
)
def test_the_link_of_an_editor(value: str, link: str) -> None:
    pattern = editor_pattern({"PYVIEW_EDITOR": value})
    assert editor_link(pattern, "/home/a b/shop.py", 7) == link


def test_a_path_of_windows() -> None:
    assert editor_link(EDITORS["vscode"], r"C:\shop\app.py", 7) == "vscode://file/C:/shop/app.py:7"


@pytest.mark.parametrize("file", ["<string>", "page.html", ""])
def test_a_template_without_a_file_has_no_link(file: str) -> None:
    assert editor_link(EDITORS["vscode"], file, 1) == ""


@pytest.mark.parametrize(
    "value", ["emcas", "javascript:alert('{file}')", "data:text/html,{file}", "vscode://file"]
)
def test_an_unknown_editor_is_an_error_that_names_the_known_ones(value: str) -> None:
    with pytest.raises(ValueError, match="expected one of vscode, cursor"):
        editor_pattern({"PYVIEW_EDITOR": value})
