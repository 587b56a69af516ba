"""The service's HTTP side; nothing outside of this package knows HTTP."""
