"""What is wrong with a template that cannot be rendered, in words for the one who writes it."""

from traceback import walk_tb

from jinja2 import TemplateSyntaxError


def described(error: Exception) -> str:
    """One line or more: the kind of error, its message, file and line as far as they are known."""
    said = error.message if isinstance(error, TemplateSyntaxError) else str(error)
    place = _place(error)
    where = "" if place is None else f"{place[0]}, line {place[1]}: "
    return f"{where}{type(error).__name__}: {said}"


def _place(error: Exception) -> tuple[str, int] | None:
    if isinstance(error, TemplateSyntaxError):
        return error.filename or error.name or "a template", error.lineno
    # Jinja2 puts frames of its own making there, one for each template; the innermost comes last.
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if "__jinja_exception__" in frame.f_globals
    ]
    return frames[-1] if frames else None
