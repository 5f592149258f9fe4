"""The token service that docker speaks to, and what the registry tells us back."""
