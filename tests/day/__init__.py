"""A developer's first day, from an empty folder to a deployed application: `make day`."""
