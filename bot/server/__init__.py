"""Runs the bot: HTTP server, Socket Mode, health routes, and a stop that loses nothing."""

from bot.server.lifecycle import serve

__all__ = ["serve"]
