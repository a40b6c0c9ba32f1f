"""What keeps store and engine in order."""
