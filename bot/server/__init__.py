"""A running bot: HTTP, Socket Mode, health, and the way to a stop that loses nothing."""

from bot.server.lifecycle import serve

__all__ = ["serve"]
