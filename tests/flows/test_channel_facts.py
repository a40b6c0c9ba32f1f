"""What one process learns from Slack about a channel counts in the others too, for a short time."""

from dataclasses import replace

import pytest

from bot.kernel.channel_facts import ChannelFacts
from bot.kernel.workspace import Policy, Workspace
from bot.slack.client import Channel, Slack
from bot.timing import PRODUCTION
from tests.flows.conftest import TEAM

KNOWN = PRODUCTION.channel_known
OPEN = Channel("C0WORK", "work")


class Channels(Slack):
    """A Slack that answers about one channel, and counts how often it is asked."""

    def __init__(self):
        super().__init__("xoxb-test")
        self.there, self.asked = OPEN, 0

    async def channel(self, channel_id):
        self.asked += 1
        return self.there


class Process:
    """One of the processes of a bot, whose clock is ahead by so many seconds."""

    def __init__(self, others, slack, ahead=0.0):
        self.now, self._ahead, self._others, self._receive = 1000.0, ahead, others, None
        others.append(self)
        self.workspace = Workspace(TEAM, "U0BOT", "B0BOT", slack, Policy(), None)
        self.facts = ChannelFacts(self, lambda: self.now + self._ahead, PRODUCTION)

    def subscribe(self, _, receive):
        self._receive = receive

    def publish(self, _, message):
        for other in self._others:
            if other is not self:
                other._receive(message)

    async def ask(self):
        return (await self.facts.ask(self.workspace, OPEN.id)).channel

    @property
    def known(self):
        found = self.facts.current(self.workspace, OPEN.id)
        return found and found.channel


@pytest.fixture
def processes():
    slack, together = Channels(), []
    return slack, *(Process(together, slack) for _ in range(3))


async def test_what_one_process_was_answered_all_know_for_a_while(processes):
    slack, *all_of_them = processes
    await all_of_them[0].ask()
    assert [(one.known, slack.asked) for one in all_of_them] == [(OPEN, 1)] * 3
    for one in all_of_them:
        one.now += KNOWN + 1
    assert [one.known for one in all_of_them] == [None] * 3


async def test_that_a_channel_is_shared_takes_the_place_of_what_all_knew(processes):
    slack, one, other, third = processes
    await one.ask()
    one.now = other.now = third.now = one.now + 1
    slack.there = shared = replace(OPEN, is_ext_shared=True)
    await one.ask()
    assert [other.known, third.known] == [shared, shared]
    late = replace(OPEN, name="before")
    slack.there, other.now = late, one.now - 0.5
    await other.ask()
    assert third.known == shared, "who was asked before it says nothing new"


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
async def test_where_clocks_differ_much_each_process_asks_for_itself(ahead):
    slack, together = Channels(), []
    one, other = Process(together, slack), Process(together, slack, ahead)
    await one.ask()
    assert (one.known, other.known) == (OPEN, None)
    await other.ask()
    assert (other.known, slack.asked) == (OPEN, 2)
