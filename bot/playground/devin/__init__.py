"""A simulated Devin: the REST API v3 in memory, strict where the real one is, driven by a control API."""

from bot.playground.devin.client import DevinControl
from bot.playground.devin.permissions import (
    ADMIN_PERMISSIONS,
    ALL_PERMISSIONS,
    BOT_PERMISSIONS,
    ENTERPRISE_PERMISSIONS,
    LIBRARY_PERMISSIONS,
)
from bot.playground.devin.server import DevinSimulator
from bot.playground.devin.switches import Switches

__all__ = [
    "ADMIN_PERMISSIONS",
    "ALL_PERMISSIONS",
    "BOT_PERMISSIONS",
    "ENTERPRISE_PERMISSIONS",
    "LIBRARY_PERMISSIONS",
    "DevinControl",
    "DevinSimulator",
    "Switches",
]
