"""Charts as SVG without a script, and figures of Plotly, Altair and Matplotlib."""
