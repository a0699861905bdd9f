"""Convert the Ibis templates of PyView 0.9 to Jinja2."""
