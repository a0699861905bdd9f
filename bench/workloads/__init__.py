"""Workloads, one per module: the load on both servers, and the resulting rows."""
