"""What Devin bills: days, cycles, limits."""
