"""Jinja2's syntax tree -> Python code that updates a retained tree and yields the diff.

Every template is compiled twice into one module. Jinja2's own functions (`root`, `block_x`, `macro`) render to text:
the first HTTP response, `{% set %}...{% endset %}`, filter blocks, macros inside expressions. Their twins (`root.tree`,
`block_x.tree`, the first argument of `LiveMacro`) render into the tree.

The classes are one line of inheritance, each adding a kind of statement:

    jinja2.compiler.CodeGenerator
    dependencies.DependencyTracker   what an expression depends on, as bits
    bodies.BodyWriter                slots, nested bodies, units
    outputs.OutputWriter             {{ }}, and what stays one opaque text
    branches.BranchWriter            {% if %}
    loops.LoopWriter                 {% for %}
    scopes.ScopeWriter               {% set %}, {% with %}, {% do %}
    macros.MacroWriter               {% macro %}, {% call %}
    files.FileWriter                 {% include %}, {% import %}, {% block %}, {% extends %}
    generator.LiveCodeGenerator      the module
"""
