"""Markdown as HTML: complete, in pieces while it grows, and harmless whatever the text is."""

import re
import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.testing import rendered
from pyview.text_streams import markdown
from pyview.text_streams.pieces import MarkdownPieces, PlainPieces

TAGS = {
    *(
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "hr",
        "br",
        "pre",
        "code",
        "em",
    ),
    *("strong", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"href", "title", "target", "rel", "class", "tabindex", "start"}

SAMPLE = """\
# Heading

A paragraph with **bold**, *emphasis*, `code` and [a link](https://example.org/a?b=1&c=2).
Its second line.

- one
- two
  - nested
  - more
- three

1. first

2. second

| a | b |
|---|--:|
| 1 | 2 |
| 3 | 4 |

```python
for each in range(3):
    print(each < 2)

# an empty line before
```

> quoted
>
> twice

Setext
======

The end, with ~~strikes~~ and a [reference].

[reference]: https://example.org/reference
"""

parts = st.sampled_from(
    [
        *(
            "# ",
            "## ",
            "- ",
            "1. ",
            "2. ",
            "> ",
            "```",
            "```py\n",
            "~~~\n",
            "\n",
            "\n\n",
            "    ",
            "\t",
            "| a | b |\n",
        ),
        *(
            "|---|---|\n",
            "**",
            "*",
            "_",
            "`",
            "~~",
            "[",
            "](",
            ")",
            "![",
            "<script>",
            "</div>",
            "&lt;",
            "&#x6a;",
            '"',
        ),
        *(
            "javascript:alert(1)",
            "http://x.y",
            "data:text/html,x",
            "//evil",
            "===\n",
            "---\n",
            "word ",
            "<",
            ">",
            "\\",
        ),
        *(
            "[a](javascript&colon;alert(1))",
            "![x](https://evil/?q=1)",
            "<http://x.y>",
            "é",
            "\u2028",
            "\x00",
            "\r\n",
        ),
    ]
)
texts = st.lists(parts | st.text(max_size=5), max_size=25).map("".join)


class Reader(HTMLParser):
    """Collects elements, and checks that none is one of the text's own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        self.seen.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name == "href":
                assert urlsplit(value or "").scheme in ("", "http", "https", "mailto")
                assert not (value or "").startswith("//")
            if name == "style":
                assert value in ("text-align:left", "text-align:right", "text-align:center")


def checked(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.seen


def grown(text: str, step: int = 3) -> list[str]:
    """Return the pieces of a text that has arrived in parts of `step` characters."""
    pieces = MarkdownPieces()
    for end in range(step, len(text), step):
        checked("".join(pieces.update(text[:end], complete=False)))
    return list(pieces.update(text, complete=True))


def joined(pieces: list[str]) -> str:
    """Return HTML without the line breaks between its elements."""
    return re.sub(r"(?<=>)\n|\n(?=<)", "", "".join(pieces))


@given(texts)
def test_no_text_makes_other_elements_than_those_of_markdown(text: str) -> None:
    checked(rendered(markdown(text)))


@given(texts, st.integers(1, 9))
def test_the_pieces_of_a_grown_text_are_its_html(text: str, step: int) -> None:
    assert joined(grown(text, step)) == joined([rendered(markdown(text))])


@pytest.mark.parametrize("step", [1, 4, 50])
def test_while_it_grows_each_step_nearly_shows_what_the_whole_text_would(step: int) -> None:
    pieces = MarkdownPieces()
    for end in range(step, len(SAMPLE), step):
        shown = checked("".join(pieces.update(SAMPLE[:end], complete=False)))
        whole = checked(rendered(markdown(SAMPLE[:end])))
        # Bold text and links are closed early, and a list with empty lines may be two for a moment.
        assert abs(len(shown) - len(whole)) <= 6, SAMPLE[:end]


def test_only_the_last_pieces_change() -> None:
    text = "\n".join(
        [*(f"- item {number}" for number in range(50)), "", "The end of the text, which goes on"]
    )
    pieces = MarkdownPieces()
    before = list(pieces.update(text, complete=False))
    after = list(pieces.update(text + " and on", complete=False))
    assert len(before) == len(after) > 50
    assert [one == other for one, other in zip(before, after, strict=True)].count(False) <= 1


def test_a_code_block_grows_by_lines() -> None:
    code = "```py\n" + "\n".join(f"line_{number} = {number}" for number in range(100))
    pieces = MarkdownPieces()
    before = list(pieces.update(code, complete=False))
    after = list(pieces.update(code + "\nnext", complete=False))
    changed = [one for one, other in zip(before, after, strict=False) if one != other]
    assert len(changed) <= 2
    assert max(map(len, after)) < 80


def test_a_block_that_is_followed_by_another_is_not_parsed_again() -> None:
    pieces = MarkdownPieces()
    text = ""
    for number in range(200):
        text += f"Paragraph {number} with enough words to be sure.\n\n"
        pieces.update(text, complete=False)
    assert len(text) - pieces._start < 200


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("some **bold", "<p>some <strong>bold</strong></p>"),
        ("some **bold ", "<p>some <strong>bold</strong></p>"),
        ("some **", "<p>some</p>"),
        ("use `code", "<p>use <code>code</code></p>"),
        ("see [the page", "<p>see the page</p>"),
        ("see [the page](https://exa", "<p>see the page</p>"),
        ("see ![a cat](https://exa", "<p>see a cat</p>"),
    ],
)
def test_what_is_being_written_is_closed_early(text: str, shown: str) -> None:
    assert "".join(MarkdownPieces().update(text, complete=False)).strip() == shown


def test_a_text_of_many_brackets_takes_no_minutes() -> None:
    text = "[](" * 10_000 + ")"
    began = time.process_time()
    MarkdownPieces().update(text, complete=False)
    assert time.process_time() - began < 5


def test_a_block_that_grows_too_long_is_a_plain_text_until_it_is_complete() -> None:
    pieces, text = MarkdownPieces(), "Some first words.\n\nThe second paragraph, which grows. "
    pieces.update(text, complete=False)
    text += "some **bold** words " * 2000
    growing = "".join(pieces.update(text, complete=False))
    assert growing.startswith("<p>Some first words.</p>")
    assert "some **bold** words" in growing
    assert "some <strong>bold</strong> words" in "".join(pieces.update(text, complete=True))


def test_tables_can_be_focused_and_cells_are_aligned_by_classes() -> None:
    html = rendered(markdown("| a | b | c |\n|--:|:-:|:--|\n| 1 | 2 | 3 |\n"))
    assert '<td class="pv-right">1</td>' in html
    assert '<th class="pv-center">b</th>' in html
    assert html.startswith('<table tabindex="0">')  # it scrolls on a phone
    assert "style" not in html


def test_links_open_beside_the_page_and_pictures_are_links() -> None:
    html = rendered(markdown("[a](https://x.y) ![cat](https://x.y/cat.png?secret)"))
    assert '<a href="https://x.y" target="_blank" rel="noopener noreferrer nofollow">a</a>' in html
    assert '<a href="https://x.y/cat.png?secret" target="_blank"' in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.org",
    ],
)
def test_links_with_other_schemes_are_texts(url: str) -> None:
    assert "<a" not in rendered(markdown(f"[a]({url}) <{url}>"))


def test_a_plain_text_has_one_piece_for_each_line() -> None:
    assert list(PlainPieces().update("a <b>\nc", complete=False)) == ["a &lt;b&gt;\n", "c"]


def test_deep_nesting_is_cut_off() -> None:
    assert len(rendered(markdown("> " * 5000 + "x"))) < 20_000
    assert len(rendered(markdown("- " * 5000 + "x"))) < 20_000
