"""What the demo's two sellers sell: real images, pages worth reading, drawn pictures."""
