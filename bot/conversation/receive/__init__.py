"""What Slack sends is stored, read again where it was missed, and understood."""
