"""A failure as text for a terminal: what and where first, then the application's own lines, the rest in one line."""

from collections.abc import Iterator

from pyview.failures.failure import Failure
from pyview.failures.frames import FailureFrame


def terminal_text(failure: Failure) -> str:
    """Return the lines of a failure below its first one. Terminals make links of `file:line`."""
    return "\n".join(f"  {line}" for line in _lines(failure))


def headline(failure: Failure) -> str:
    """Return one line: what failed, with which error, at which line."""
    where = " ".join(part for part in (failure.view, failure.what) if part)
    return f"{where}: {title_and_place(failure)}" if where else title_and_place(failure)


def title_and_place(failure: Failure) -> str:
    """Return the error and its line, without what was going on."""
    if not failure.frames:
        return failure.title
    return f"{failure.title} ({failure.frames[0].short_file}:{failure.frames[0].line})"


def _lines(failure: Failure) -> Iterator[str]:
    yield from failure.message.splitlines()[1:20]
    yield from _frames(failure.frames)
    if failure.foreign:
        frames = "1 frame" if failure.foreign == 1 else f"{failure.foreign} frames"
        yield f"({frames} in {', '.join(failure.packages)})"
    for cause in failure.causes:
        yield f"{cause.relation}: {cause.kind}: {cause.message}".splitlines()[0]
        yield from _frames(cause.frames)
    if failure.hint:
        yield f"What to do: {failure.hint}"


def _frames(frames: tuple[FailureFrame, ...]) -> Iterator[str]:
    for frame in frames:
        function = f" in {frame.function}" if frame.function else ""
        times = f", {frame.times} times" if frame.times > 1 else ""
        yield f"{frame.short_file}:{frame.line}{function}{times}"
        if frame.source:
            yield f"    {frame.source}"
