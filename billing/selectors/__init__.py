"""Every shared read of the sale."""
