"""Templates: Jinja2 files that render to text once and then to what changed.

`live_template` is the door: `LiveTemplate` is shared, its `rendering()` belongs to one view. `environment` makes the
Jinja2 environment, `files` finds what lies beside a view. How it works is in `compiler` and `tree`.
"""
