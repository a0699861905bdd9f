"""Random pages, and a second, simple implementation of their HTML."""

import random
from typing import Any

from markupsafe import Markup

from tests.template.tstrings.pages import PIECES, Model

VALUES = ("", "x", "<&\"'>", "é", 0, 1, 2.5, -0.0, True, False, None, Markup("<hr>"), Markup("&amp;"), "a b")


def value(rng: random.Random) -> Any:
    return rng.choice(VALUES)


def model(rng: random.Random, depth: int = 0) -> Model:
    kind = "text" if depth > 3 or rng.random() < 0.2 else rng.choice([*PIECES])
    parts = [model(rng, depth + 1) for _ in range(rng.choice([0, 1, 1, 2, 3]))] if kind != "text" else []
    return Model(kind, [value(rng) for _ in range(rng.choice([3, 3, 4, 6]))], parts)


def mutate(rng: random.Random, page: Model) -> None:
    """Change a random value in place."""
    target = rng.choice([*pieces_of(page)])
    what = rng.random()
    if what < 0.5:
        target.values[rng.randrange(len(target.values))] = value(rng)
    elif what < 0.6:
        rng.shuffle(target.values)
    elif what < 0.7 and target.kind != "text":
        target.parts.insert(rng.randint(0, len(target.parts)), model(rng, 2))
    elif what < 0.8 and target.parts:
        del target.parts[rng.randrange(len(target.parts))]
    elif what < 0.9:
        rng.shuffle(target.parts)
    elif target.parts:
        target.parts[rng.randrange(len(target.parts))] = model(rng, 2)


def pieces_of(page: Model) -> list[Model]:
    return [page, *(each for part in page.parts for each in pieces_of(part))]


# -- the page as text


def esc(value: Any) -> str:
    """A value between tags."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        return str.__str__(value)
    return (
        str(value)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&#34;")
        .replace("'", "&#39;")
    )


def quo(value: Any) -> str:
    """A value between quotes."""
    if isinstance(value, Markup):
        return str.__str__(value).replace("<", "&lt;").replace(">", "&gt;")
    return esc(value)


def attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{quo(value)}"'


def classes(*values: Any) -> str:
    names = [
        quo(each)
        for each in values
        if each is not None and each is not False and each is not True and each != ""
    ]
    return f' class="{" ".join(names)}"' if names else ""


def html(page: Model) -> str:
    a, b, c = page.values[:3]
    inner = "".join(map(html, page.parts))
    if page.kind == "text":
        return esc(a)
    if page.kind == "box":
        title = attribute("title", a)
        return f"<div{classes(a, b)}{' hidden' if c is True else ''}{title} data-n='{quo(b)}'>{inner}</div>"
    if page.kind == "link":
        busy = "true" if c is True else "false"
        return (
            f'<a href="/{quo(a)}?q={quo(b)}#{quo(c)}" class="x {quo(a)} {quo(b)}" aria-busy="{busy}">'
            f"{esc(format(repr(a), '>9'))}{esc(b)}</a>"
        )
    if page.kind == "either":
        inside = f"<b>{esc(b)}</b>" if c else f"<i{attribute('title', a)}>{esc(str(c))}</i>"
        return f"<p>{esc(a)}{inside}</p><!-- {quo(a)} --><textarea>{quo(b)}</textarea>"
    if page.kind == "parts":
        return "<ul>" + "".join(f"<li>{html(part)}</li>" for part in page.parts) + "</ul>"
    if page.kind == "mixed":
        return esc(a) + inner + "".join(map(esc, page.values))
    if page.kind == "rows":
        return rows(page)
    if page.kind == "cards":
        return (
            f"<main><section{attribute('id', b)}><h2>{esc(a)}</h2>{inner}</section>"
            f"<nav hidden>{esc_jinja(b)}:<u>{esc(a)}</u></nav></main>"
        )
    return "<dl>" + "".join(f"<dd>{html(part)}</dd>" for part in page.parts) + "</dl>"


def rows(page: Model) -> str:
    a, b, c = page.values[:3]
    found = [*enumerate(page.values)]
    shown = found[::-1] if c else found
    items = (
        f'<li id="{number}">{esc(value)}{esc(a)}</li>' if b or number % 2 else f"<li>{esc(value)}</li>"
        for number, value in shown
    )
    return f"<ol>{''.join(items)}</ol>{''.join(esc(value) for _, value in shown)}"


def esc_jinja(value: Any) -> str:
    """Return the text that Jinja2 prints."""
    return "None" if value is None else esc(value)
