"""A `handle_event` that does something for every event, whatever its name: by `else`, `case _`, or after its ifs."""

import ast
from collections.abc import Iterator, Sequence

_LEAVES = (ast.Return, ast.Raise)


def takes_all(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the function does something for an event that it compares with nothing."""
    return any(map(_does_something, _for_others(function.body)))


def _for_others(body: Sequence[ast.stmt]) -> Iterator[Sequence[ast.stmt]]:
    """Return what is done where no comparison of the event's name holds."""
    for at, statement in enumerate(body):
        if not _compares(statement):
            continue
        yield _otherwise(statement)
        yield [one for one in body[at + 1 :] if not _compares(one)]


def _compares(statement: ast.stmt) -> bool:
    """Return whether it is an `if` or a `match` on the name of the event."""
    subject = {ast.If: "test", ast.Match: "subject"}.get(type(statement))
    if subject is None:
        return False
    nodes = ast.walk(getattr(statement, subject))
    return any(isinstance(one, ast.Name) and one.id == "event" for one in nodes)


def _otherwise(statement: ast.stmt) -> Sequence[ast.stmt]:
    match statement:
        case ast.If(orelse=[ast.If() as other]) if _compares(other):
            return _otherwise(other)
        case ast.If(orelse=rest):
            return rest
        case ast.Match(cases=cases):
            wild = (
                one.body
                for one in cases
                if isinstance(one.pattern, ast.MatchAs) and one.pattern.pattern is None
            )
            return next(wild, [])
        case _:
            return []


def _does_something(body: Sequence[ast.stmt]) -> bool:
    return any(not isinstance(one, (ast.Pass, *_LEAVES)) and not _is_constant(one) for one in body)


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
