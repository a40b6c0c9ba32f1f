"""Channels that another company shares: what Devin says is not posted there, of which its asker is informed once.

1. Before a post with Devin's words, and before a card is drawn, Slack is asked whether the channel is shared. The
   answer counts for a short time. Slack's event about a change has it asked at once.
2. If the answer differs from what is stored, the change is stored with all that follows from it: the posts that wait
   are marked dead, the askers get a direct message, and the posts that are edited are drawn anew.
   Of posts with figures `bot/kernel/sending/withheld.py` says more.

An answer that is older than the stored change counts for nothing: another worker may know better.
Slack's answer also says whether the channel is private, which is asked for and stored for what is shown of sessions
outside of it: soon after its first session, each day, and before a digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.keys import DEVINS_POSTS, FIGURES_POSTS, ref_of
from bot.kernel.channel_facts import ChannelAnswer
from bot.kernel.gathered import Gathered
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused
from bot.store import channels, outbox, sessions
from bot.store.channels import KnownChannel
from bot.views.answers import failures as failure_sentences

log = get_logger(__name__)

SHARED: Final = "channel shared"  # why a post is dead
MOST_SESSIONS: Final = 500
MOST_ASKED: Final = 5  # channels about which Slack is asked at once; it takes some fifty such calls a minute


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Slack has answered, or what counts while it does not answer, and when it was asked."""

    is_shared: bool
    asked_at: float
    is_private: bool | None = None  # as in `KnownChannel`


class SharedChannels:
    """Knows which channels are shared, and acts when one becomes shared or is shared no longer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        # What counts while Slack does not answer. In memory of this process: each finds out for itself.
        self._doubts: dict[tuple[str, str], _Answer] = {}
        self._reading = Gathered(self._read)

    async def is_shared(self, workspace: Workspace, channel: str, *, anew: bool = False) -> bool:
        """Whether another company shares `channel`; False for direct messages. With `anew` Slack is asked in any case.

        What was known before holds while Slack does not answer. Raises SlackError if nothing is known; with `anew` also
        if Slack limits the rate of calls, as it will answer soon.
        """
        if not channel.startswith(("C", "G")):
            return False
        known = await self._known(workspace, channel)
        answer = self._latest(workspace, channel)
        if answer is None or anew or self._is_old(answer, known):
            try:
                answer = await self._ask(workspace, channel)
            except SlackError as error:
                if anew and isinstance(error, SlackRateLimited):
                    raise
                answer = self._in_doubt(error, known, answer)
                self._doubts[workspace.team, channel] = answer
        await self._store(workspace, channel, known, answer)
        return answer.is_shared

    async def ask_again(self, workspace: Workspace, channel: str) -> None:
        """Ask Slack whether `channel` is shared although it may just have answered: it has reported a change."""
        answer = await self._ask(workspace, channel)
        await self._store(workspace, channel, await self._known(workspace, channel), answer)

    async def learn_private(self, workspace: Workspace, within: float) -> bool:
        """Ask Slack whether channels with sessions are private that it was not asked about `within` the last seconds.

        Some are asked about at a time. Returns whether there may be more. What the bot cannot see counts as private.
        What Slack has answered since then, before a post, is not asked for again.
        """
        now = self._services.clock()
        async with self._services.db.scan() as tx:
            unknown = await channels.to_ask_about(tx, workspace.team, now - within, MOST_ASKED)
        known = list[tuple[str, bool]]()
        for channel in unknown:
            private = await self.is_private(workspace, channel, now - within)
            if private is None:
                break  # Slack limits the rate of calls, or is not there
            known.append((channel, private))
        if not known:
            return False
        # A crash before this commit has the next digest ask once more.
        async with self._services.db.write() as tx:
            for channel, private in known:
                await channels.set_private(tx, workspace.team, channel, private=private, asked_at=now)
        return len(known) == MOST_ASKED

    async def is_private(self, workspace: Workspace, channel: str, since: float) -> bool | None:
        """Whether Slack has said since an instant, or says now, that `channel` is private; None while it is silent."""
        answer = self._latest(workspace, channel)
        try:
            if answer is None or answer.is_private is None or not since <= answer.asked_at <= self._services.clock():
                answer = await self._ask(workspace, channel)
        except SlackError as error:
            log.warning("channel privacy unknown", channel=channel, error=str(error))
            return True if isinstance(error, SlackRefused) and error.permanent else None
        # Before there is a row that says no more than that the channel is private.
        await self._store(workspace, channel, await self._known(workspace, channel), answer)
        return answer.is_private

    async def _known(self, workspace: Workspace, channel: str) -> KnownChannel | None:
        return await self._reading((workspace.team, channel))

    async def _read(self, asked: Sequence[tuple[str, str]]) -> list[KnownChannel | None]:
        """Read what is stored about channels, each with its workspace."""
        known = dict[tuple[str, str], KnownChannel]()
        async with self._services.db.read() as tx:
            for team in {team for team, _ in asked}:
                found = await channels.get_each(tx, team, {channel for of, channel in asked if of == team})
                known |= {(team, channel): one for channel, one in found.items()}
        return [known.get(one) for one in asked]

    def _is_old(self, answer: _Answer, known: KnownChannel | None) -> bool:
        expired = not self._services.channels.counts(answer.asked_at)
        return expired or (known is not None and known.changed_at > answer.asked_at)

    def _latest(self, workspace: Workspace, channel: str) -> _Answer | None:
        """The newest answer of Slack's to any process, or what counts instead."""
        found = self._services.channels.latest(workspace, channel)
        doubt = self._doubts.get((workspace.team, channel))
        if found is None or (doubt is not None and doubt.asked_at >= found.asked_at):
            return doubt
        return _answer(found)

    async def _ask(self, workspace: Workspace, channel: str) -> _Answer:
        answer = _answer(await self._services.channels.ask(workspace, channel))
        self._doubts.pop((workspace.team, channel), None)
        return answer

    def _in_doubt(self, error: SlackError, known: KnownChannel | None, answer: _Answer | None) -> _Answer:
        """What counts while Slack does not say. Where it never will, and has never said, the channel is not shared."""
        never = isinstance(error, SlackRefused) and error.permanent
        if known is None and answer is None and not never:
            raise error
        log.warning("channel sharing unknown", error=str(error))
        return _Answer(known is not None and known.is_shared, self._services.clock())

    async def _store(self, workspace: Workspace, channel: str, known: KnownChannel | None, answer: _Answer) -> None:
        was_shared, was_private = (known.is_shared, known.is_private) if known is not None else (False, None)
        # Whether a channel is private is asked for by `learn_private`, and here it is kept up to date.
        is_new = was_private is not None and answer.is_private not in {None, was_private}
        if answer.is_shared == was_shared and not is_new:
            return
        # A crash right here stores nothing: the next post, or the event again, finds the same change.
        async with self._services.unit_of_work() as uow:
            if is_new:
                await channels.set_private(
                    uow.tx, workspace.team, channel, private=not was_private, asked_at=answer.asked_at
                )
            if await channels.set_shared(uow.tx, workspace.team, channel, answer.is_shared, answer.asked_at):
                log.info("sharing changed", channel=channel, shared=answer.is_shared)
                await self._change(uow, workspace.team, channel, shared=answer.is_shared)

    async def _change(self, uow: UnitOfWork, team: str, channel: str, *, shared: bool) -> None:
        if shared and channel != self._services.workspaces[team].policy.admin_channel:
            # Those in the admins' channel go to each admin instead, when it is their turn.
            await outbox.mark_channel_dead(uow.tx, team, channel, SHARED, uow.now, FIGURES_POSTS)
        live = await sessions.of_channel(uow.tx, team, channel, limit=MOST_SESSIONS)
        for session in live if shared else ():
            await outbox.mark_session_dead(uow.tx, session.id, SHARED, uow.now, DEVINS_POSTS)
            key, message = f"shared:{session.id}:{uow.now:.6f}", failure_sentences.channel_shared(session)
            await uow.add_to_outbox(uow.post_row(key, team, session.requester, None, message, ref=ref_of(session.id)))
        await uow.redraw_in(team, channel, [session.id for session in live])


def _answer(found: ChannelAnswer) -> _Answer:
    return _Answer(found.channel.is_ext_shared, found.asked_at, found.channel.is_private)
