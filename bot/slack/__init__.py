"""The Slack Web API as the flows need it."""
