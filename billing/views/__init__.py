"""The pages of the sale."""
