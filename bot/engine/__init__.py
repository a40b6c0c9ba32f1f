"""Carries "go and look at lane X" and "tick Y is due"; never the work itself."""
