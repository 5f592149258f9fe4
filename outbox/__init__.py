"""What leaves the shop by itself: written with the change that it tells of, sent by a worker."""
