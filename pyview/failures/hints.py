"""Advice about well-known mistakes. The errors of PyView contain theirs."""

import re
from typing import Final

import jinja2

from pyview.failures.texts import message_of

_HINTS: Final[list[tuple[type[BaseException], str, str]]] = [
    (
        jinja2.UndefinedError,
        r"^'(?P<name>\w+)' is undefined",
        "Set socket.context[{name!r}] before the template is rendered, in `mount` at the latest. A name that may be"
        " missing: {{{{ {name} | default('') }}}}.",
    ),
    (
        jinja2.TemplateNotFound,
        r"(?P<name>.+)",
        "Write the template {name!r}, or correct its name. Names count from the folders that the loader of"
        " PyView(templates=...) searches; files beside a view need none.",
    ),
    (
        jinja2.TemplateSyntaxError,
        r"[Ee]nd of template|Unexpected end|'end\w+'|Encountered unknown tag",
        "Look for a block that is not closed, or not opened, above the marked line: {{% if %}} needs {{% endif %}}.",
    ),
    (
        ModuleNotFoundError,
        r"No module named '(?P<name>[\w.]+)'",
        "Install the package that has {name!r} into this environment (uv add, pip install), or correct the import.",
    ),
    (
        ImportError,
        r"cannot import name '(?P<name>\w+)' from (?P<where>partially initialized)",
        "Two modules import each other. Move {name!r} into a third module that both import.",
    ),
    (
        TypeError,
        r"'coroutine' object|coroutine .*(?:never awaited|not iterable|not subscriptable)",
        "Write `await` before the call of the async function.",
    ),
    (
        AttributeError,
        r"'coroutine' object has no attribute",
        "Write `await` before the call of the async function.",
    ),
    (
        TypeError,
        r"object (?P<kind>\w+) can't be used in 'await' expression",
        "Remove `await`: the function is not async, it has returned the value already.",
    ),
    (
        RecursionError,
        r"",
        "A function calls itself without an end. The line that repeats is shown with its count.",
    ),
    (
        RuntimeError,
        r"asyncio\.run\(\) cannot be called from a running event loop",
        "Handlers run in the event loop already: `await` the function instead of asyncio.run().",
    ),
    (
        Exception,
        r"no such table: (?P<name>\w+)|relation \"(?P<relation>\w+)\" does not exist",
        "The database has no such table yet: run the migrations (alembic upgrade head), or create the tables.",
    ),
    (
        ConnectionRefusedError,
        r"",
        "The server that the code connects to does not run, or listens on another host or port.",
    ),
]


def hint_for(error: BaseException) -> str:
    """Return what to do about an exception; "" if it is no well-known mistake."""
    message = message_of(error)
    for kind, pattern, text in _HINTS:
        found = re.search(pattern, message) if isinstance(error, kind) else None
        if found:
            return text.format(**found.groupdict())
    return ""
