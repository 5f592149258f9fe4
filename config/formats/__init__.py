"""How Django writes days and times, where it does so itself: in the admin."""
