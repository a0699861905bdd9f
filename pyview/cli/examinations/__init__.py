"""What `pyview doctor` examines: the installation, the settings, the stores, the application."""
