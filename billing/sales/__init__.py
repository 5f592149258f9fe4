"""What was sold on each day: the part of the daily series that counts money."""
