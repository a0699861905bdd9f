"""The dashboard: a page that shows what the workers of an application are doing."""
