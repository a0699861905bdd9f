"""The error of all generators."""


class GeneratorError(Exception):
    """Nothing was written; the text says why, in one line."""
