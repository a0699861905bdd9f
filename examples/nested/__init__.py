"""Views inside views: sensors that are live views each, and a timer that stays while pages come and go."""
