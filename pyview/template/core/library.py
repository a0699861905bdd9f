"""Where templates find the components: `{% import "pyview/components.html" as ui %}`."""

from pathlib import Path
from typing import Final

from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader

LIBRARY: Final[BaseLoader] = PrefixLoader({"pyview": FileSystemLoader(Path(__file__).parent / "templates")})


def with_library(loader: BaseLoader | None) -> BaseLoader:
    """A loader that has the components besides; what an application calls by the same name comes first."""
    return LIBRARY if loader is None else ChoiceLoader([loader, LIBRARY])
