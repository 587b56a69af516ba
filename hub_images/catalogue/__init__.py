"""What is true of images in the hub and in the service: no database, no network, no hub."""
