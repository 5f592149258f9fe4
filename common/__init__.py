"""What every app needs and no domain word belongs to."""
