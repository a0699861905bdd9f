"""Names of Python as texts for people."""


def in_words(name: str) -> str:
    """Return a name in words: "unit_price" is "Unit price", and "CPU" stays as it is."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
