"""Reads that are shared or decide access."""
