"""`{{ ui.icon("search") }}` with constant arguments becomes HTML when a template compiles, as a part of the statics.

The names of icons that other core components get, `ui.nav_link("Home", icon="house")`, are checked.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

from pyview.template.core.icons import UnknownIconError, check_icon, icon


def write_icons(
    tree: nodes.Template,
    component_of: Callable[[nodes.Expr], str | None],
    name: str | None,
    filename: str | None,
) -> None:
    """Replace the calls of the component `icon` that have constant arguments only.

    `component_of` returns which core component an expression names. Raises TemplateSyntaxError for an unknown icon.
    """
    _Icons(component_of, name, filename).visit(tree)


class _Icons(NodeTransformer):
    def __init__(
        self, component_of: Callable[[nodes.Expr], str | None], name: str | None, filename: str | None
    ) -> None:
        self._component_of = component_of
        self._name = name
        self._filename = filename

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:
        self.generic_visit(node)
        component = self._component_of(node.node)
        if component is not None and component != "icon":
            self._check(node)
        if component != "icon" or node.dyn_args is not None or node.dyn_kwargs is not None:
            return node
        try:
            args = [each.as_const() for each in node.args]
            kwargs: dict[str, Any] = {each.key: each.value.as_const() for each in node.kwargs}
        except nodes.Impossible:
            return node
        return nodes.Const(self._html(node.lineno, args, kwargs), lineno=node.lineno)

    def _check(self, call: nodes.Call) -> None:
        for each in call.kwargs:
            if (
                each.key == "icon"
                and isinstance(each.value, nodes.Const)
                and isinstance(each.value.value, str)
            ):
                with self._errors_at(each.lineno):
                    check_icon(each.value.value)

    def _html(self, line: int, args: list[Any], kwargs: dict[str, Any]) -> Any:
        # The call has been checked, so each argument is there once at most.
        given = dict(zip(("name", "label"), args, strict=False)) | kwargs
        with self._errors_at(line):
            return icon(given.pop("name"), given.pop("label", None), given)

    @contextmanager
    def _errors_at(self, line: int) -> Iterator[None]:
        try:
            yield
        except UnknownIconError as error:
            raise TemplateSyntaxError(str(error), line, self._name, self._filename) from None
