"""What templates ask this app for."""
