"""What Slack sends: stored before it is acknowledged, then given to the flow that does the work."""
