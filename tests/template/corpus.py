"""Templates written by hand, one or more for every construct, from `corpus.txt`.

There `=== name` begins an entry, `--- file` a file of it; `main.html` is the template. The first lines are macros,
which replace `@MACROS@` in all entries.
"""

from pathlib import Path


def _read(text: str) -> dict[str, dict[str, str]]:
    macros, *entries = text.split("\n=== ")
    macros = macros.removeprefix("@MACROS@\n")
    return dict(_entry(entry.replace("@MACROS@", macros)) for entry in entries)


def _entry(text: str) -> tuple[str, dict[str, str]]:
    name, *files = text.split("\n--- ")
    named = (file.split("\n", 1) for file in files)
    return name, {file: source.removesuffix("\n") for file, source in named}


CORPUS = _read((Path(__file__).parent / "corpus.txt").read_text(encoding="utf-8"))
