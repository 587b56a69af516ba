"""What all pages and endpoints share."""
