"""Jinja2's code generator, extended by the functions that compile statements into code that updates a tree."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TextIO, cast

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import Environment

from pyview.template.compiler.analysis import bindings, trust_of
from pyview.template.compiler.assignments import (
    compile_assign,
    compile_assign_block,
    compile_do,
    compile_scope,
    compile_with,
)
from pyview.template.compiler.branches import compile_if
from pyview.template.compiler.compiler import Body, SourceBuffer, TreeCompiler
from pyview.template.compiler.fields import compile_field
from pyview.template.compiler.files import (
    compile_block,
    compile_captured_include,
    compile_from_import,
    compile_from_import_as_text,
    compile_import,
    compile_include,
)
from pyview.template.compiler.loops import compile_for
from pyview.template.compiler.macros import compile_call_block, compile_call_block_as_text, compile_macro
from pyview.template.compiler.module import write_imports, write_tree_functions
from pyview.template.compiler.outputs import compile_as_text, compile_output
from pyview.template.compiler.texts import compile_text_output

STATEMENTS: Final[Mapping[type[nodes.Node], Callable[[TreeCompiler, Body, Any, Frame], None]]] = (
    MappingProxyType(
        {
            nodes.Output: compile_output,
            nodes.If: compile_if,
            nodes.For: compile_for,
            nodes.Assign: compile_assign,
            nodes.AssignBlock: compile_assign_block,
            nodes.ExprStmt: compile_do,
            nodes.With: compile_with,
            nodes.Scope: compile_scope,
            nodes.CallBlock: compile_call_block,
            nodes.Include: compile_include,
            nodes.Import: compile_import,
            nodes.FromImport: compile_from_import,
            nodes.Block: compile_block,
            nodes.FilterBlock: compile_as_text,
            nodes.OverlayScope: compile_as_text,
        }
    )
)
"""The function that compiles each kind of statement where it writes into a tree. Jinja2 compiles any other node."""


class LiveCodeGenerator(CodeGenerator):
    """Adds a function with the attribute `tree` to the root and to every block. See `Environment.code_generator_class`.

    Statements that write into a tree go to the functions of `STATEMENTS`. The methods here are the few that differ from
    Jinja2's where it renders to text.
    """

    def __init__(
        self,
        environment: Environment,
        name: str | None,
        filename: str | None,
        stream: TextIO | None = None,
        defer_init: bool = False,
        optimized: bool = True,
    ) -> None:
        self._source = SourceBuffer()
        # The gaps are filled at the end, so nothing can be written to the given stream before that.
        self._copy_to = stream
        super().__init__(environment, name, filename, cast(TextIO, self._source), defer_init, optimized)
        self._compiler = TreeCompiler(
            self,
            self._source,
            finalizer=self._make_finalize,
            constant=self._output_child_to_const,
            assigned=self._assign_stack,
        )

    @property
    def bodies(self) -> Sequence[Body]:
        """The pieces of the template, as far as it is compiled."""
        return self._compiler.bodies

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        compile_statement = STATEMENTS.get(type(node))
        if compile_statement is not None:
            # The same statement is compiled twice: once by Jinja2 for the page as text, once here for the
            # tree.
            body = self._compiler.tree_body(args[0])
            if body is not None:
                return compile_statement(self._compiler, body, node, args[0])
        return super().visit(node, *args, **kwargs)

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        compiler = self._compiler
        compiler.dependencies.bindings = bindings(node)
        compiler.trust = trust_of(node)
        write_imports(compiler)
        super().visit_Template(node, frame)
        write_tree_functions(compiler, node)
        if self._copy_to is not None:
            self._copy_to.write(self._source.getvalue())

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        # Only loops that set variables use it. Others would make a dict for each row.
        with self._source.dropping("_loop_vars = {}", "_loop_vars"):
            super().visit_For(node, frame)

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        compile_text_output(self._compiler, node, frame)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame, **options: Any) -> None:
        if not compile_field(self._compiler, node, frame):
            super().visit_Getattr(node, frame, **options)

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame, **options: Any) -> None:
        if not compile_field(self._compiler, node, frame):
            super().visit_Getitem(node, frame, **options)

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:
        compile_macro(self._compiler, node, frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        compile_call_block_as_text(self._compiler, node, frame)

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        if frame.buffer is None or node.with_context:
            super().visit_Include(node, frame)
        else:
            compile_captured_include(self._compiler, node, frame, frame.buffer)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:
        compile_from_import_as_text(self._compiler, node, frame)

    def enter_frame(self, frame: Frame) -> None:
        self._compiler.dependencies.forget_frame(frame)
        super().enter_frame(frame)
