"""What function components declare: attributes, slots, the HTML attributes they pass on.

`declaration` is the common form; it comes from a Python signature (`signature`) or from a Jinja2 macro. `slots` is the
content that callers give.
"""
