"""What comes in: stored before it is acknowledged, then handed to the flow that does the work."""
