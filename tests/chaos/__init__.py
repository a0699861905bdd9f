"""Real workers behind a relay without stickiness, a real Valkey, and clients that keep clicking while both fail."""
