"""What the registry tells us: push, pull and delete."""
