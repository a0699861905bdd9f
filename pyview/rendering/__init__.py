"""Mount, handle_params and render of a view, for HTTP and for its socket."""
