"""Playbooks: the instructions that an organisation keeps for tasks of one kind.

https://docs.devin.ai/api-reference/v3/playbooks/post-enterprise-playbooks
"""

from collections.abc import AsyncIterator

from bot.devin.answers import Page
from bot.devin.api import Api
from bot.devin.models import Playbook


class PlaybooksApi(Api):
    """The playbooks that one organisation can use."""

    def playbooks(self) -> AsyncIterator[Playbook]:
        """List all playbooks."""
        return self._listed(self._org("playbooks"), Page[Playbook])
