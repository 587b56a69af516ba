"""What is true of images, whichever process asks: no database, no network, no hub."""
