"""What Slack has answered about channels: asked once by whichever process needs it, and known to all of them.

An answer counts for a short time, because a channel may become shared with another company.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

from bot.engine.port import Engine
from bot.kernel.settled_clock import SettledClock
from bot.kernel.workspace import Workspace
from bot.slack.directory import Channel
from bot.timing import Timing

CHANNEL: Final = "channel"  # the topic under which processes publish answers, as JSON


@dataclass(frozen=True, slots=True)
class ChannelAnswer:
    """What Slack has answered about a channel, and when it was asked."""

    channel: Channel
    asked_at: float

    @property
    def is_open(self) -> bool:
        """Whether the channel is neither archived nor shared with another company."""
        return not (self.channel.is_archived or self.channel.is_ext_shared)


class ChannelFacts:
    """Asks Slack about channels, and keeps the newest answer about each, whichever process got it."""

    def __init__(self, engine: Engine, clock: SettledClock, timing: Timing) -> None:
        self._engine, self._clock, self._timing = engine, clock, timing
        self._answers: dict[tuple[str, str], ChannelAnswer] = {}
        engine.subscribe(CHANNEL, self._learn)

    def latest(self, workspace: Workspace, channel: str) -> ChannelAnswer | None:
        """Return the newest answer about `channel`, however old it is."""
        return self._answers.get((workspace.team, channel))

    def current(self, workspace: Workspace, channel: str) -> ChannelAnswer | None:
        """Return the newest answer about `channel` while it counts."""
        answer = self.latest(workspace, channel)
        return answer if answer is not None and self.counts(answer.asked_at) else None

    def counts(self, asked_at: float) -> bool:
        """Whether what was asked at an instant still counts."""
        # Less than nothing has passed where the clock was set back, or that of another process is ahead.
        return 0 <= self._clock() - asked_at <= self._timing.channel_known

    async def ask(self, workspace: Workspace, channel: str) -> ChannelAnswer:
        """Ask Slack about `channel`, and let all processes know. Raises ChannelGone if the bot cannot see it."""
        asked_at = self._clock()
        answer = ChannelAnswer(await workspace.slack.channel(channel), asked_at)
        self._keep(workspace.team, channel, answer)
        # A crash right here leaves the others to ask for themselves. A process that only receives asks nobody, and
        # could say of no channel that a session may start there.
        facts = {"team": workspace.team, "channel": channel, "at": asked_at, "facts": asdict(answer.channel)}
        self._engine.publish(CHANNEL, json.dumps(facts))
        return answer

    def _learn(self, message: str) -> None:
        answer = json.loads(message)
        self._keep(answer["team"], answer["channel"], ChannelAnswer(Channel(**answer["facts"]), answer["at"]))

    def _keep(self, team: str, channel: str, answer: ChannelAnswer) -> None:
        """Keep an answer, unless a newer one came in the meantime."""
        known = self._answers.get((team, channel))
        if known is None or known.asked_at <= answer.asked_at or not self.counts(known.asked_at):
            self._answers[team, channel] = answer
