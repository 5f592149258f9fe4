"""What the shop's pages ask for. Rules live in the services; forms carry text to them and their sentences back."""
