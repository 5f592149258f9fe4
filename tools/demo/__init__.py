"""What a demo has beyond the sale in view: it uses the shop's services and rows, and the stack starts it as a program of its own."""
