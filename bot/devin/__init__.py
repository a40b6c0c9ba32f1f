"""The Devin API, version 3: client and models."""
