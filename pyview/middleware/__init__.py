"""ASGI middleware: host, origin and CSRF checks, headers, slashes, log redaction, error pages."""
