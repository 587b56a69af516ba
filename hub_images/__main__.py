"""`python -m hub_images` is `hub-images`."""

from hub_images.service.app import main

main()
