"""Forms are opened, taken when they come back, and carried out."""
