"""Simulated Slack and Devin on loopback: the test peers, and a place to try the bot without an account."""
