"""The token endpoint for docker, the registry's notifications, and the upkeep of what the registry stores."""
