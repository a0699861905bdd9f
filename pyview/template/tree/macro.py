"""Functions that generated code calls for macros, calls and includes: they render into a tree if possible.

An included file is a unit of its own: it compares its inputs, and is skipped if they did not change.
"""

from collections.abc import Callable, Mapping
from copy import copy
from types import CellType, FunctionType
from typing import Any

from jinja2.environment import Environment, Template
from jinja2.runtime import BlockReference, Context, Macro
from jinja2.utils import internalcode, missing

from pyview.template.tree.nodes import ALWAYS, EVERYTHING, MASK_VARIABLE, RenderPass, Segment, Unit
from pyview.template.tree.output import escaped, plain, text_slot


@internalcode
def include(
    render_pass: RenderPass, previous: Any, template: Template, context: Context, names: Mapping[str, Any]
) -> tuple[Any, Any]:
    """Render an included template with the context and the local `names` around the tag.

    Return (what to retain, what changed).
    """
    root: Any = template.root_render_func
    if (
        previous.__class__ is Unit
        and previous.segment is root.segment
        and _unchanged(previous, context, names)
    ):
        return previous, None
    # Jinja2 passes names that are not bound yet as `missing`; `new_context` leaves them out.
    inner = template.new_context(context.get_all(), True, names)
    result: tuple[Any, Any] = root.tree(inner, previous, render_pass)
    return result


def _unchanged(unit: Unit, context: Context, names: Mapping[str, Any]) -> bool:
    # The included unit would do the same comparison, but to build its context costs more than to render most files.
    segment = unit.segment
    if segment.mask & ALWAYS:
        return False
    resolve, same = context.resolve_or_missing, segment.rule.same
    for name, token in zip(segment.names, unit.inputs, strict=True):
        value = names.get(name, missing)
        if value is missing:
            value = resolve(name)
        if value is not token and not same(value, token):
            return False
    return True


class LiveMacro(Macro):
    """Jinja2's macro, which renders to text, with a second function that renders into a tree.

    `pure` is True if the result depends on the arguments only.
    """

    def __init__(
        self,
        tree: Callable[..., tuple[Any, Any]],
        segment: Segment,
        pure: bool,
        environment: Environment,
        func: Callable[..., str],
        name: str,
        arguments: list[str],
        catch_kwargs: bool,
        catch_varargs: bool,
        caller: bool,
        default_autoescape: bool | None = None,
    ) -> None:
        super().__init__(
            environment, func, name, arguments, catch_kwargs, catch_varargs, caller, default_autoescape
        )
        self.segment = segment
        self.pure = pure
        self.tree = tree

    def render(
        self, render_pass: RenderPass, previous: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, Any]:
        """Call the macro and render it into a tree. Return (node, what changed)."""
        return self.tree(render_pass, previous, *self._bind(args, kwargs))

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Return the positional arguments of the compiled function: declared ones, caller, kwargs, varargs.

        Jinja2 binds the arguments in `__call__` and then renders to text, so its rules are repeated here.
        """
        count = self._argument_count
        bound = list(args[:count])
        names = self.arguments[len(bound) :]
        bound += [kwargs.pop(name, missing) for name in names]
        caller_bound = "caller" in names if names else self.explicit_caller
        if self.caller and not caller_bound:
            bound.append(self._caller(kwargs.pop("caller", None)))
        if self.catch_kwargs:
            bound.append(kwargs)
        elif kwargs:
            raise TypeError(self._unexpected(kwargs))
        if self.catch_varargs:
            bound.append(args[count:])
        elif len(args) > count:
            raise TypeError(f"macro {self.name!r} takes not more than {count} argument(s)")
        return bound

    def _caller(self, caller: Any) -> Any:
        return self._environment.undefined("No caller defined", name="caller") if caller is None else caller

    def _unexpected(self, kwargs: dict[str, Any]) -> str:
        if "caller" in kwargs:
            return f"macro {self.name!r} was invoked with two values for the special caller argument"
        return f"macro {self.name!r} takes no keyword argument {next(iter(kwargs))!r}"


def bound(macro: Any) -> Any:
    """Return a copy of the macro that keeps the present values of the variables around it.

    A component is rendered after the template that places it. By then the variable of a loop has another value. The
    component may also have been in another place before, so the masks around the macro do not hold for it.
    """
    bound = copy(macro)
    # The copy shares the code, but has cells of its own: those of the original change with the loop.
    bound._func = _with_present_variables(macro._func)
    if isinstance(macro, LiveMacro):
        bound.tree = _with_present_variables(macro.tree)
    return bound


def _with_present_variables(function: Any) -> Any:
    code = function.__code__
    cells = tuple(map(_present, code.co_freevars, function.__closure__ or ()))
    return FunctionType(code, function.__globals__, function.__name__, function.__defaults__, cells or None)


def _present(name: str, cell: CellType) -> CellType:
    if MASK_VARIABLE.fullmatch(name):
        return CellType(EVERYTHING)
    try:
        return CellType(cell.cell_contents)
    except ValueError:  # the variable was never assigned
        return CellType()


@internalcode
def call(
    render_pass: RenderPass,
    previous: Any,
    context: Context,
    autoescape: bool,
    function: Any,
    /,
    *args: Any,
    **kwargs: Any,
) -> tuple[Any, Any]:
    """Render `{{ function(...) }}`: a macro, a block or a live value into a tree, any other result to text.

    Return (what to retain, what changed).
    """
    cls = type(function)
    # With autoescape on at compile time and off at run time, Jinja2 escapes the result of a macro. That needs a text.
    nested = context.eval_ctx.autoescape or not autoescape
    if nested and cls is LiveMacro:
        # Jinja2 adds these for functions that get the context, and removes them in `Context.call`.
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        result: tuple[Any, Any] = function.render(render_pass, previous, args, kwargs)
        return result
    if nested and cls is BlockReference:
        # `super()` and `self.name()` are blocks too. Jinja2's own call would render them to text.
        result = function._stack[function._depth].tree(function._context, previous, render_pass)
        return result
    value = context.call(function, *args, **kwargs)
    text = escaped(value) if autoescape else plain(value)
    if text.__class__ is str:
        return text_slot(previous, text)
    render_pass.uncached += text.uncached
    rendered: tuple[Any, Any] = text.render(render_pass, previous)
    return rendered
