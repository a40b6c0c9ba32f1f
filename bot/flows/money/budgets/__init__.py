"""Budgets: how they stand, what they refuse, how they are changed."""
