"""`{{ js.hide("#menu").push("closed") }}`: a chain of JS commands with constant arguments becomes plain text.

`js` is the environment's global in every template. A value named `js` in a view's context does not count here.
"""

from typing import Any

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.nodes import EvalContext

from pyview.js.commands import COMMANDS, JsCommands


def starts_with_js(node: nodes.Node) -> bool:
    """Return True if an expression is a chain of calls that begins with the name `js`."""
    while isinstance(node, (nodes.Call, nodes.Getattr)):
        node = node.node
    return isinstance(node, nodes.Name) and node.name == "js"


def constant_commands(node: nodes.Expr, eval_ctx: EvalContext) -> JsCommands | None:
    """Return the value of a chain whose arguments are all constant, None for any other expression.

    A chain that raises an error is not constant either: it raises it again while rendering, with the template's line.
    """
    if not _may_be_chain(node):
        return None
    try:
        value = _value(node, eval_ctx)
    except Exception:
        return None
    return value if isinstance(value, JsCommands) else None


def _may_be_chain(node: nodes.Expr) -> bool:
    if isinstance(node, nodes.Add):
        return _may_be_chain(node.left) and _may_be_chain(node.right)
    return starts_with_js(node)


def _value(node: nodes.Expr, eval_ctx: EvalContext) -> Any:
    if isinstance(node, nodes.Name):
        return _global_js(eval_ctx.environment, node)
    if isinstance(node, nodes.Add):
        return _value(node.left, eval_ctx) + _value(node.right, eval_ctx)
    if isinstance(node, nodes.Call):
        return _call_result(node, eval_ctx)
    return node.as_const(eval_ctx)


def _global_js(environment: Environment, node: nodes.Name) -> JsCommands:
    found = environment.globals.get("js")
    # An application may replace the global `js`.
    if node.name != "js" or not isinstance(found, JsCommands):
        raise nodes.Impossible
    return found


def _call_result(node: nodes.Call, eval_ctx: EvalContext) -> Any:
    function = node.node
    unknown = node.dyn_args is not None or node.dyn_kwargs is not None
    # Only methods that make commands: any other might have an effect, and would run at compile time.
    if unknown or not isinstance(function, nodes.Getattr) or function.attr not in COMMANDS:
        raise nodes.Impossible
    args = [_value(each, eval_ctx) for each in node.args]
    kwargs = {each.key: _value(each.value, eval_ctx) for each in node.kwargs}
    return getattr(_value(function.node, eval_ctx), function.attr)(*args, **kwargs)
