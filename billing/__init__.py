"""The sale: orders, Stripe, refunds."""
