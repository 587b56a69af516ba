"""What every page and endpoint shares; it knows no image."""
