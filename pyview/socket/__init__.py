"""The socket of a view: its state and methods, connect data, and uploads."""
