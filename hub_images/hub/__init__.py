"""What runs in the hub's process."""
