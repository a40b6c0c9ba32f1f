"""Forms: opened, checked and carried out."""
