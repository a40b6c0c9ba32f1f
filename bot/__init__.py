"""Devin Bridge: work with Devin from Slack."""
