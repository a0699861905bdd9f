"""Routes and live sessions: URL -> view and parameters."""
