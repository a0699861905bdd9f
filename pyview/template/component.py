"""Function components: typed Python functions that Jinja2 templates and template strings call."""

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Generic, ParamSpec, overload

from pyview.template.attributes import Attributes
from pyview.template.declared.declaration import Declaration, SlotEntry
from pyview.template.declared.signature import bind, declaration_of
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from pyview.template.tree.change import TRUST_OBJECTS, ChangeRule
from pyview.template.tree.nodes import RenderPass, Wrapped
from pyview.template.tree.output import Live, page_environment
from pyview.template.tstrings.compiled import (
    CompiledTStrings,
    blame,
    content_text,
    environment_of,
    page_tstrings,
)
from pyview.template.tstrings.each import inputs_of

P = ParamSpec("P")

Load = Callable[[LiveEnvironment], LiveTemplate]


class _Identity:
    """Identity of a component, for the comparison of arguments: only the same component is equal."""

    __slots__ = ()

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return ()


class Component(Generic[P]):
    """A function that templates call, made by `component`. `declaration` lists its attributes and slots."""

    __pyview_constant__ = True

    def __init__(self, function: Callable[P, Any], include: Iterable[str], load: Load | None) -> None:
        functools.update_wrapper(self, function)
        self.function: Callable[..., Any] = function
        self.include = tuple(include)
        self.identity = _Identity()
        self._load = load

    @functools.cached_property
    def declaration(self) -> Declaration:
        # Not at the decoration: annotations may name classes that the module defines further down.
        return declaration_of(self.function, self.include)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "ComponentCall":
        """Return the live value for these arguments. Raises ComponentError for undeclared or missing arguments."""
        given, rest = bind(self.declaration, args, kwargs)
        return ComponentCall(self, given, rest)

    def result(self, given: Mapping[str, Any], rest: Attributes) -> Any:
        """Call the function."""
        return self.function(**given, **rest) if self.declaration.rest else self.function(**given)

    @property
    def has_template(self) -> bool:
        """True if its body is a Jinja2 template."""
        return self._load is not None

    def template_in(self, environment: Any) -> LiveTemplate:
        """Return the Jinja2 template of its body, compiled once for each environment."""
        # A component may be rendered without an application, for instance in a test.
        if not isinstance(environment, LiveEnvironment):
            return self._template_alone
        template: LiveTemplate | None = environment.component_templates.get(self.identity)
        if template is None:
            template = environment.component_templates[self.identity] = self._loaded(environment)
        return template

    @functools.cached_property
    def _template_alone(self) -> LiveTemplate:
        return self._loaded(create_environment())

    def _loaded(self, environment: LiveEnvironment) -> LiveTemplate:
        assert self._load is not None  # noqa: S101  for the type checker
        return self._load(environment)

    def __repr__(self) -> str:
        return f"<component {self.function.__module__}.{self.function.__qualname__}>"


class ComponentCall(Live):
    """One call of a component, as a live value. It is not rendered again if its arguments provably did not change."""

    __slots__ = ("component", "given", "rest")

    uncached = 0

    def __init__(self, component: Component[Any], given: dict[str, Any], rest: Attributes) -> None:
        self.component = component
        self.given = given
        self.rest = rest

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        environment = environment_of(render_pass)
        rule: ChangeRule = environment.change_rule
        inputs = [*self._inputs(environment.tstrings)]
        # The slot may hold another component, a text or nothing: only the same component can be skipped.
        held = previous if type(previous) is _CachedCall and previous.component is self.component else None
        if held is not None and held.is_unchanged(inputs, rule):
            return held, None
        # Tokens are taken before the body runs, which may change its arguments.
        uncached, before = render_pass.uncached, previous if held is None else held.slot
        tokens = [rule.token(value, TRUST_OBJECTS) for value in inputs]
        slot, change = self._render(render_pass, before, environment)
        if held is None:
            held = _CachedCall(self.component)
        # A live component keeps its state only if each render places it, so a body that holds one is never
        # skipped.
        held.keep(tokens, before if change is None else slot, render_pass.uncached != uncached)
        return held, change

    def _render(self, render_pass: RenderPass, previous: Any, environment: Any) -> tuple[Any, Any]:
        component = self.component
        try:
            result = component.result(self.given, self.rest)
            if component.has_template:
                return component.template_in(environment).part(
                    self._names(result), None, render_pass, previous
                )
            content: tuple[Any, Any] = environment.tstrings.content(render_pass, previous, result)
            return content
        except Exception as error:
            blame(error, component.function)
            raise

    def __html__(self) -> str:
        component = self.component
        try:
            result = component.result(self.given, self.rest)
            if component.has_template:
                return component.template_in(page_environment()).render(self._names(result))
            return content_text(page_tstrings(), result)
        except Exception as error:
            blame(error, component.function)
            raise

    def _names(self, result: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the names of a Jinja2 body: arguments, `rest`, and the mapping that the function returned."""
        return {**self.given, "rest": self.rest, **(result or {})}

    async def html(self, host: Any) -> str:
        return self.__html__()

    @property
    def described(self) -> str:
        return f"{self.component.declaration.name}()"

    def __pyview_parts__(self) -> tuple[Any, ...]:
        # Names of `rest` too, since the same values may belong to other attributes.
        return (self.component.identity, *self.given.values(), *self.rest, *self.rest.values())

    def _inputs(self, tstrings: CompiledTStrings) -> Iterator[Any]:
        for value in self.given.values():
            yield from _parts(value, tstrings)
        yield from self.rest
        yield from self.rest.values()


class _CachedCall(Wrapped):
    """Retained state of a component's call: the slot of its body, and the tokens of its inputs.

    `uncached` is True if the body holds a live value that must be rendered every time.
    """

    __slots__ = ("component", "inputs", "uncached")

    def __init__(self, component: Component[Any]) -> None:
        self.component = component
        self.keep([], None, True)

    def keep(self, inputs: list[Any], slot: Any, uncached: bool) -> None:
        self.inputs = inputs
        self.slot = slot
        self.uncached = uncached

    def is_unchanged(self, inputs: list[Any], rule: ChangeRule) -> bool:
        """Return True if the body would render the same again."""
        return not self.uncached and len(inputs) == len(self.inputs) and rule.all_same(inputs, self.inputs)


def _parts(value: Any, tstrings: CompiledTStrings) -> Iterator[Any]:
    """Yield the values to compare for an argument: of a function what it reads, of a slot entry its attributes."""
    if isinstance(value, FunctionType):
        yield from inputs_of(value, tstrings)
    elif isinstance(value, SlotEntry):
        yield from inputs_of(value.content, tstrings)
        # The first part is the content, which is compared by what it reads: each render makes a new
        # function.
        yield from value.__pyview_parts__()[1:]
    elif type(value) is tuple and value and isinstance(value[0], SlotEntry):
        # Two lists of entries with the same values may be divided in another way.
        yield len(value)
        for each in value:
            yield from _parts(each, tstrings)
    else:
        yield value


@overload
def component(function: Callable[P, Any], /) -> Component[P]: ...


@overload
def component(
    *,
    source: str | None = None,
    template: str | None = None,
    template_file: str | os.PathLike[str] | None = None,
    include: Iterable[str] = (),
) -> Callable[[Callable[P, Any]], Component[P]]: ...


def component(
    function: Callable[..., Any] | None = None,
    /,
    *,
    source: str | None = None,
    template: str | None = None,
    template_file: str | os.PathLike[str] | None = None,
    include: Iterable[str] = (),
) -> Any:
    """Decorate a function component. Its parameters declare attributes and slots.

    The body is the function's result: a template string, Markup, or another value that may stand between tags. Or it is
    a Jinja2 template: `source`, or `template_file` beside the module, or `template`, a name for the environment's
    loader. The names in that template are the arguments, `rest`, and the mapping that the function may return.

    A parameter without a default is required; a `Literal` or `attr(values=...)` lists the allowed values. `Slot`,
    `Slots`, a `SlotEntry` class or a list of it annotate slots; `children` takes the body of a call. With `**rest`, the
    component passes on global HTML attributes, those that begin with data-, aria-, phx- and on, and those in `include`.

    The output must depend on the arguments only: a call with unchanged arguments is not rendered again.
    """
    load = _loader(source, template, template_file)

    def decorate(function: Callable[..., Any]) -> Component[Any]:
        bodies = None if load is None else functools.partial(load, function)
        return Component(function, include, bodies)

    return decorate if function is None else decorate(function)


def _loader(
    source: str | None, template: str | None, template_file: str | os.PathLike[str] | None
) -> Callable[[Callable[..., Any], LiveEnvironment], LiveTemplate] | None:
    if [source, template, template_file].count(None) < 2:
        raise TypeError("a component has one body: expected only one of source, template and template_file")
    if source is not None:
        text = source
        return lambda function, environment: LiveTemplate.from_string(text, _name(function), environment)
    if template is not None:
        name = template
        return lambda function, environment: LiveTemplate.from_loader(name, environment)
    if template_file is not None:
        file = template_file
        return lambda function, environment: LiveTemplate.from_file(_beside(function, file), environment)
    return None


def _name(function: Callable[..., Any]) -> str:
    return f"component {function.__qualname__}"


def _beside(function: Callable[..., Any], file: str | os.PathLike[str]) -> Path:
    return Path(inspect.getfile(function)).parent / file


def components_in(found: Iterable[Component[Any] | ModuleType]) -> dict[str, Component[Any]]:
    """Return components by name: the given ones, and all in the given modules.

    Raises TypeError for another object, ValueError for two components of one name.
    """
    named: dict[str, Component[Any]] = {}
    for each in found:
        for one in _components_of(each):
            name = one.declaration.name
            if named.setdefault(name, one) is not one:
                raise ValueError(
                    f"two components have the name {name!r}: {named[name]!r} and {one!r}. Rename one of them"
                )
    return named


def _components_of(found: Component[Any] | ModuleType) -> list[Component[Any]]:
    if isinstance(found, Component):
        return [found]
    if isinstance(found, ModuleType):
        return [value for value in vars(found).values() if isinstance(value, Component)]
    raise TypeError(f"expected a @component function or a module of them, got {found!r}")
