"""The core components as macros, `templates/components.html`, and the Python functions that they use."""
