"""The digests: which are due, what they say, which channels get them."""
