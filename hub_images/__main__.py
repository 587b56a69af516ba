"""`python -m hub_images` is `hub-images`."""

from hub_images.app import main

main()
