"""People and accounts: who signs in, who owns and buys, who sells, and with which credentials."""
