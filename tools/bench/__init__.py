"""Measurements: script/bench NAME runs the module of that name."""
