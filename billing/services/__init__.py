"""Every change to orders, refunds and the webhook inbox."""
