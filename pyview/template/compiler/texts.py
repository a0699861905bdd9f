"""`{{ expression }}` in a page that is rendered to text: one formatted string for everything between two statements.

Jinja2 yields each text and each value on its own, and calls a function for each value. Here the value is read into a
variable, converted in place if it is a plain text or number, and the pieces are joined at once. A table takes half the
time.
"""

from collections.abc import Mapping

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.compiler import TreeCompiler
from pyview.template.compiler.fields import write_dict_checks, write_value
from pyview.template.compiler.outputs import is_escaped, static_text


def compile_text_output(compiler: TreeCompiler, node: nodes.Output, frame: Frame) -> None:
    """Write an output where Jinja2 renders to text: into the buffer of the frame, or as a yield."""
    if not frame.require_output_check:
        _write_output(compiler, node, frame)
    elif not compiler.jinja.has_known_extends:
        with compiler.indented("if parent_template is None:"):
            _write_output(compiler, node, frame)


def _write_output(compiler: TreeCompiler, node: nodes.Output, frame: Frame) -> None:
    # The conversion of each value stands before the next expression, as in Jinja2: an expression may change what an
    # earlier one has printed.
    pattern, count = "", 0
    children = [(child, static_text(compiler, child, frame)) for child in node.nodes]
    checks = write_dict_checks(compiler, [child for child, text in children if text is None], frame)
    for child, text in children:
        if text is None:
            _write_value(compiler, f"_w{count}", child, frame, checks)
            pattern += f"{{_w{count}}}"
            count += 1
        else:
            pattern += text.replace("{", "{{").replace("}", "}}")
    if not pattern:
        return
    # The braces hold names only, without quotes: Python 3.11 would not allow more.
    literal = f"f{pattern!r}" if count else repr(pattern.replace("{{", "{").replace("}}", "}"))
    compiler.jinja.simple_write(literal, frame, node)


def _write_value(
    compiler: TreeCompiler, variable: str, node: nodes.Expr, frame: Frame, checks: Mapping[str, str]
) -> None:
    """Write code that puts the text of an expression into a variable. Numbers are left to the formatted string."""
    if not is_escaped(compiler, frame):
        compiler.writeline(f"{variable} = ", node)
        _write_conversion(compiler, node, frame)
        return
    write_value(compiler, variable, node, frame, checks)
    # Exactly these types: a subclass, such as `bool`, may have a text of its own. Not `__class__`, which a lazy text or
    # another proxy takes from the value behind it.
    text = f"_escape_text({variable}) if type({variable}) is str else _written({variable})"
    compiler.writeline(f"if type({variable}) is not int: {variable} = {text}")


def _write_conversion(compiler: TreeCompiler, node: nodes.Expr, frame: Frame) -> None:
    """Write an expression in the function that converts it, which may be known only while rendering."""
    finalize = compiler.finalizer()
    if frame.eval_ctx.volatile:
        compiler.write("(_written if context.eval_ctx.autoescape else _written_plain)(")
    else:
        compiler.write("_written(" if frame.eval_ctx.autoescape else "_written_plain(")
    if finalize.src is not None:
        compiler.write(finalize.src)
    compiler.visit(node, frame)
    compiler.write(")" if finalize.src is None else "))")
