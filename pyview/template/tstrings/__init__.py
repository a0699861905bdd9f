"""Template strings (PEP 750) -> the same tree, diff and change tracking as Jinja2 files have.

`scanner` reads the static text once and finds out what stands around each slot; `places` writes a value there;
`content` turns values into slots of the tree; `plan` is one template string of the program; `each` renders rows only
where they changed. Templates are known by their `strings` and `interpolations`, so nothing is imported for them.
"""
