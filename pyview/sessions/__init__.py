"""Sessions that live on the server."""
