"""Commands: what each of them does, and the one table through which all of them go."""
