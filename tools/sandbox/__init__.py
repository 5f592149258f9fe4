"""A stand-in for the part of Stripe that Layerstore uses, and a mailbox: a process of its own. No money moves here."""
