"""The environment of a process: production mode, the number of workers, and what they share in development."""
