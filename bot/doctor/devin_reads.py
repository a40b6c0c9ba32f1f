"""Reads at Devin that show what the key may do.

Each list is asked for sessions made from now on, of which there are none. What counts is whether Devin answers.
"""

import time
from collections.abc import AsyncIterator

from bot.devin.client import Devin
from bot.devin.paging import read_first
from bot.timing import DAY


async def read_sessions(devin: Devin) -> None:
    """Read the list of sessions."""
    await _exhaust(devin.session_pages(created_after=int(time.time())))


async def read_insights(devin: Devin) -> None:
    """Read the list of sessions with their message counts."""
    await _exhaust(devin.session_insight_pages(created_after=int(time.time())))


async def read_consumption(devin: Devin) -> None:
    """Read what was spent on the last day."""
    now = int(time.time())
    await devin.daily_consumption(now - int(DAY), now)


async def read_cycles(devin: Devin) -> None:
    """Read the list of billing cycles."""
    await _exhaust(devin.consumption_cycles())


async def read_organisation(devin: Devin) -> None:
    """Read the organisation itself, with its limits."""
    await devin.organization()


async def read_playbooks(devin: Devin) -> None:
    """Read the list of playbooks."""
    await _exhaust(devin.playbooks())


async def read_repositories(devin: Devin) -> None:
    """Read the first page of repositories, at the size that the menu of the form asks for."""
    await devin.repositories(most_pages=1)


async def read_automations(devin: Devin) -> None:
    """Read the first page of automations."""
    await read_first(devin.automations())


async def _exhaust(items: AsyncIterator[object]) -> None:
    async for _ in items:
        pass
