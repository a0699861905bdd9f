"""What is wrong with a template string, and where."""

from collections.abc import Sequence


class TemplateStringError(ValueError):
    """A template string that cannot be rendered safely: what stands where, and what to write instead."""

    def __init__(self, problem: str, excerpt: str) -> None:
        self.problem = problem
        self.excerpt = excerpt
        super().__init__(f"{problem}\nin the template string at: {excerpt}")


def excerpt(strings: Sequence[str], expressions: Sequence[str], index: int, position: int) -> str:
    """The line around a position in one of the static texts, with the slots as they are written."""
    before, after = strings[index][:position], strings[index][position:]
    if index:
        before = (
            "".join(
                f"{text}{{{name}}}" for text, name in zip(strings[:index], expressions[:index], strict=True)
            )
            + before
        )
    if index < len(expressions):
        after = f"{after}{{{expressions[index]}}}{strings[index + 1]}"
    line_before, line_after = before.rsplit("\n", 1)[-1], after.split("\n", 1)[0]
    return f"{line_before[-50:]}{line_after[:30]}".strip()
