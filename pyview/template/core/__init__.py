"""The core components as macros, `templates/components.html`, and what these are made of."""
