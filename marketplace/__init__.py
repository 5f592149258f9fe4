"""Names, images, products and who may pull what."""
