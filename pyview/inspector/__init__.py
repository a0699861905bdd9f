"""The inspector: a live view for developers of what happens in the views of a page."""
