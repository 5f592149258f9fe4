"""Backups of an instance: database, layers, pictures, signing keys and secrets of one point (docs/operations.md)."""
