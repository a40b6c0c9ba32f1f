"""What people may ask for: each command is declared once, in `registry`."""
