"""Ibis templates, those of PyView 0.9, turned into Jinja2 templates."""
