"""The core components as macros in `templates/`, one file for each topic, and the Python functions that they use."""
