"""The project that a generator adds to: the folder with pyproject.toml that names its application."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyview.generators.errors import GeneratorError


@dataclass(frozen=True)
class Project:
    """A project with `[tool.pyview] app = "shop.app:app"`: its folder, and its package `shop`."""

    folder: Path
    package: str
    python: str

    @classmethod
    def find(cls, folder: Path) -> "Project | None":
        """Return the project that `folder` is in; None if there is none.

        Raises `GeneratorError` if its pyproject.toml is not valid.
        """
        folder = folder.resolve()
        for place in (folder, *folder.parents):
            file = place / "pyproject.toml"
            if file.is_file():
                project = cls._of(place, _read(file))
                if project is not None:
                    return project
        return None

    @classmethod
    def require(cls, folder: Path) -> "Project":
        """Return the project that `folder` is in. Raises `GeneratorError` if there is none."""
        project = cls.find(folder)
        if project is None:
            raise GeneratorError(
                f'{folder.resolve()} is in no project: no pyproject.toml has [tool.pyview] app = "module:app". '
                "Make one with `pyview new app shop`, and run this command in its folder"
            )
        return project

    @classmethod
    def _of(cls, folder: Path, settings: dict[str, Any]) -> "Project | None":
        app = settings.get("tool", {}).get("pyview", {}).get("app")
        if not isinstance(app, str):
            return None
        package = app.partition(":")[0].partition(".")[0]
        if not (folder / package).is_dir():
            return None
        return cls(folder, package, str(settings.get("project", {}).get("requires-python", "")))

    @property
    def title(self) -> str:
        """The name for people: My shop."""
        return self.package.replace("_", " ").capitalize()


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise GeneratorError(f"{file} cannot be read: {error}") from None
