"""What the shop sends: written in the transaction of the change it is about, sent by a worker."""
