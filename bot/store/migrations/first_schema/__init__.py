"""The tables of the first schema, in one file for each group of them."""
