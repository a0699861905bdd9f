"""Charts as SVG: from rows to numbers, from numbers to the shapes and texts that a template writes."""
