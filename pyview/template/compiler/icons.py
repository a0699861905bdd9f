"""`{{ ui.icon("search") }}` with constant arguments becomes HTML when a template compiles, as a part of the statics."""

from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

from pyview.template.core.icons import UnknownIconError, icon


def write_icons(
    tree: nodes.Template, is_icon: Callable[[nodes.Expr], bool], name: str | None, filename: str | None
) -> None:
    """Replace the calls of the component `icon` that have constant arguments only.

    `is_icon` recognises its name. Raises TemplateSyntaxError for an unknown icon.
    """
    _Icons(is_icon, name, filename).visit(tree)


class _Icons(NodeTransformer):
    def __init__(self, is_icon: Callable[[nodes.Expr], bool], name: str | None, filename: str | None) -> None:
        self._is_icon = is_icon
        self._name = name
        self._filename = filename

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:
        self.generic_visit(node)
        if not self._is_icon(node.node) or node.dyn_args is not None or node.dyn_kwargs is not None:
            return node
        try:
            args = [each.as_const() for each in node.args]
            kwargs: dict[str, Any] = {each.key: each.value.as_const() for each in node.kwargs}
        except nodes.Impossible:
            return node
        return nodes.Const(self._html(node.lineno, args, kwargs), lineno=node.lineno)

    def _html(self, line: int, args: list[Any], kwargs: dict[str, Any]) -> Any:
        # The call has been checked, so each argument is there once at most.
        given = dict(zip(("name", "label"), args, strict=False)) | kwargs
        try:
            return icon(given.pop("name"), given.pop("label", None), given)
        except UnknownIconError as error:
            raise TemplateSyntaxError(str(error), line, self._name, self._filename) from None
