"""What the browser and the server tell a view, and which method hears it."""
