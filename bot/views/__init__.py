"""Pure functions that turn models of the domain into Slack messages, as text and blocks."""
