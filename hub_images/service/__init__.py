"""What runs in the service's process."""
