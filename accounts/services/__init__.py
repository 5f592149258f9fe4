"""Every change to people, sellers, credentials, mail and the audit trail."""
