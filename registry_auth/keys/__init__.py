"""The keys that sign registry tokens: one authority that registries trust, and leaves under it that come and go.

Nothing in this package knows Django; directories and clocks are passed in.
"""
