"""The error of a command that was used wrongly."""


class CommandError(Exception):
    """The command cannot do what was asked. The text says why in one line: what was got, and what to type instead."""
