"""Compiler from Jinja2's syntax tree to Python code that updates a retained tree and returns the diff.

Every template becomes one module with two functions for each piece. Jinja2's own functions (`root`, `block_x`, a macro)
render to text: the first HTTP response, `{% set %}...{% endset %}`, filter blocks, macros inside expressions. The other
functions (`root.tree`, `block_x.tree`, the first argument of `LiveMacro`) render into the tree.

Before the compilation, the syntax tree is checked and rewritten:

    calls            checks of component calls
    declarations     attributes and slots that macros declare
    imports          declarations of imported macros
    slots            {% call slot("name") %}
    icons            icons with constant names as HTML
    guards           filters around slots whose value a browser could run; slot_places finds these slots

The compilation itself:

    generator        Jinja2's code generator, and the table of the functions for each kind of statement
    module           the functions of a module: root and blocks
    units            comparison of inputs; segments
    outputs          {{ }}; command_chains makes constants of chains of JS commands
    branches         {% if %}
    loops            {% for %}
    assignments      {% set %}, {% with %}, {% do %}
    macros           {% macro %}, {% call %}
    files            {% include %}, {% import %}, {% block %}
    compiler         the state of a compilation, and pieces of code that several statements need
    dependencies     the bits that an expression depends on
    scopes           the bits of a unit's inputs and of a loop's row
    analysis         questions about the syntax tree
    purity           filters and tests that depend on their arguments only
    single_root      checks of a body's HTML

Words. A *body* is a piece of a template that becomes one *segment*: a page, a block, a macro, a branch of an if, a row.
Its *statics* are the texts between its *slots*. A *unit* is a body that compares its inputs and returns at once if none
has changed. A *mask* is a set of *bits*: one for each input, each row's item and position, and `ALWAYS`.
"""
