"""One module per workload: what is done to both servers, and the rows that come of it."""
