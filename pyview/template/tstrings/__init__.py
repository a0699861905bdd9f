"""Template strings (PEP 750), with the same tree, diff and change tracking as Jinja2 files.

`scanner` scans the static text of a template string once and finds the position of each slot; `escaping` writes a value
at such a position; `compiled` renders template strings and other content; `each` renders only changed rows. A template
string is recognised by its `strings` and `interpolations`, so no module is imported for it.
"""
