"""The keys that sign registry tokens: an authority that registries trust, and leaves under it that are replaced regularly.

Nothing in this package knows Django; directories and times are passed in.
"""
