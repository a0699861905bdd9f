"""Names that a user types: of a new application, and of a view, a component or a model."""

import re
import sys
from dataclasses import dataclass
from keyword import iskeyword, issoftkeyword

from pyview.generators.errors import GeneratorError

LONGEST = 30  # so that the lines with a name in them fit

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_APP = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)

# A package of this name would hide one that the application, its tests or its tools import.
_DEPENDENCIES = """
    aiosqlite alembic anyio argon2 asyncpg bs4 certifi cffi click cryptography dotenv fastapi granian
    greenlet h11 h2 hiredis httpcore httptools httpx httpx2 hypercorn idna iniconfig itsdangerous jinja2
    limits markupsafe multipart mypy mypy_extensions opentelemetry orjson packaging picows pip pluggy
    psutil pwdlib pydantic pydantic_core pydantic_settings pygments pytest python_multipart pyview redis
    ruff setuptools sniffio soupsieve sqlalchemy starlette typing_extensions typing_inspection uv uvicorn
    uvloop valkey watchfiles websockets wheel yaml
"""
# Folders of the project itself, and those that its .gitignore leaves out.
_FOLDERS = frozenset({"build", "deploy", "dist", "docs", "migrations", "node_modules", "tests", "venv"})


@dataclass(frozen=True)
class Name:
    """A name, made from its words: `UserList`, `user_list` and `user-list` are the same."""

    words: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Name":
        """Split a name into words. Raises `GeneratorError` for a name that no class can have."""
        words = tuple(word.lower() for word in _WORD.findall(text))
        if not words or not _NAME.fullmatch(text):
            raise GeneratorError(
                f"expected a name of letters and digits, such as UserList or user_list, got {text!r}"
            )
        name = cls(words)
        if len(name.snake) > LONGEST:
            raise GeneratorError(f"expected a name of at most {LONGEST} characters, got {text!r}")
        # `Class` is no keyword, but the module class.py could not be imported.
        if iskeyword(name.snake) or iskeyword(name.pascal):
            raise GeneratorError(f"{text!r} is a keyword of Python: choose another name, such as {text}_page")
        return name

    @property
    def snake(self) -> str:
        """The name of a module: user_list."""
        return "_".join(self.words)

    @property
    def kebab(self) -> str:
        """The name in a URL and of a CSS class: user-list."""
        return "-".join(self.words)

    @property
    def pascal(self) -> str:
        """The name of a class: UserList."""
        return "".join(word.title() for word in self.words)

    @property
    def title(self) -> str:
        """The name for people: User list."""
        return " ".join(self.words).capitalize()


@dataclass(frozen=True)
class AppName:
    """The name of a new application: `my-shop` is a folder and a distribution, `my_shop` its package."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "AppName":
        """Check a name. Raises `GeneratorError` for one that a package cannot have, or that another package has."""
        if not _APP.fullmatch(text):
            raise GeneratorError(
                "expected a name of small letters, digits and hyphens that begins with a letter, such as my-shop, "
                f"got {text!r}{_suggestion(text)}"
            )
        name = cls(text)
        if len(text) > LONGEST:
            raise GeneratorError(f"expected a name of at most {LONGEST} characters, got {text!r}")
        if taken := _taken(name.package):
            raise GeneratorError(f"{text!r} is {taken}: choose another name, such as {text}-app")
        return name

    @property
    def package(self) -> str:
        return self.text.replace("-", "_")

    @property
    def title(self) -> str:
        """The name for people: My shop."""
        return self.package.replace("_", " ").capitalize()


def _taken(package: str) -> str:
    """Return what else has the name of a package, as text for an error; empty if nothing has."""
    if iskeyword(package) or issoftkeyword(package):
        return "a keyword of Python"
    if package in sys.stdlib_module_names or package in ("test", "idlelib"):
        return "a module of Python's standard library"
    if package in _DEPENDENCIES.split():
        return "a package that the application or its tools use"
    return "the name of another folder of the project" if package in _FOLDERS else ""


def _suggestion(text: str) -> str:
    """Return a hint with a name made from the words of `text`, if there is one."""
    words = "-".join(word.lower() for word in _WORD.findall(text)) if text.isascii() else ""
    if any(sign in text for sign in "/\\.") or not _APP.fullmatch(words):
        return ""
    return f". Did you mean {words}?"
