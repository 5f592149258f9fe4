"""The acts of names and products, for programs: the same services as the pages, the same errors as problem details."""
