"""Sessions at Devin that this bot made and that a restored store does not know: each goes on in its thread.

The reference names the Slack message that a session was asked for with: the message of a person, or the card that a
command began its thread with. Our record is stored again, with the row that creates the session. That row looks the
session up, as after a crash, and its posts are looked for in the thread.
"""

import re
from dataclasses import dataclass
from typing import Final

from bot.conversation.lookup import CLOCKS_APART, SessionLookup
from bot.conversation.session_card import SessionCard
from bot.conversation.session_rows import add
from bot.devin.errors import DevinError, DevinRateLimited
from bot.devin.models import DevinSession
from bot.domain.causes import StartCause
from bot.domain.keys import message_key, place_of, ref_of, session_id
from bot.domain.lane import thread_lane
from bot.domain.session import Lifecycle, Session
from bot.kernel.identities import Identities
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRefused
from bot.slack.threads import ThreadMessage
from bot.store import fan_out_ids, sessions
from bot.store.inbox import InboxRow
from bot.store.lanes import Claim
from bot.store.posts import post_key, subject_of
from bot.views.answers import failures as failure_sentences

log = get_logger(__name__)

# As `PromptBuilder.build` writes it before the reference.
_ASKED_BY: Final = re.compile(r"^Asked in Slack by (?:.* \()?([UW][A-Z0-9]+)\)?\. Reference: ", re.MULTILINE)
ORPHANS_A_CYCLE: Final = 10
_CARD: Final = post_key(SessionCard.name, "")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What Slack still knows of how a session was asked for."""

    id: str  # ours, of the session
    thread_ts: str
    requester: str
    cause_ts: str | None  # the message of the person; None for a command


class Orphans:
    """Adopts what is made at Devin in an organisation and is missing in a restored store; does nothing on any other."""

    def __init__(self, services: Services, organisation: Organisation, lookup: SessionLookup) -> None:
        self._services = services
        self._organisation = organisation
        self._lookup = lookup
        self._identities = Identities(services)
        # By Devin's id: the sessions that were found, with their references. After a restart they are found again.
        self._waiting: dict[str, tuple[DevinSession, str]] = {}
        self._handled: set[str] = set()

    def note(self, made: DevinSession, reference: str) -> None:
        """Note that `made` carries a `reference` that the store does not know, so that `adopt` takes it."""
        restoration, now = self._services.restoration, self._services.clock()
        is_new = not 0 < made.created_at < restoration.earliest(now) - CLOCKS_APART
        if restoration.is_recent(now) and is_new and made.session_id not in self._handled:
            self._waiting[made.session_id] = (made, reference)

    async def adopt(self, claim: Claim) -> None:
        """Store our record again of a few of those that were noted.

        Where nothing in Slack says in which thread one belongs, the admins are informed.
        """
        for made, reference in list(self._waiting.values())[:ORPHANS_A_CYCLE]:
            del self._waiting[made.session_id]
            try:
                is_handled = await self._is_known(made, reference) or await self._adopt(claim, made, reference)
            except (DevinError, SlackError) as error:
                self._waiting[made.session_id] = (made, reference)  # after the others in the next cycle
                if isinstance(error, DevinRateLimited):
                    raise
                log.warning("orphan not adopted", devin_id=made.session_id, error=type(error).__name__)
                continue
            if is_handled:
                self._handled.add(made.session_id)
            else:
                self._waiting[made.session_id] = (made, reference)

    async def _is_known(self, made: DevinSession, reference: str) -> bool:
        """Whether the store knows the session by now: catch-up may have found the message that asked for it."""
        async with self._services.db.read() as tx:
            begun = await sessions.by_references(tx, self._organisation.id, [reference])
            return bool(begun) or await fan_out_ids.has(tx, self._organisation.id, made.session_id)

    async def _adopt(self, claim: Claim, made: DevinSession, reference: str) -> bool:
        """Store the record of `made`, or inform the admins; returns False while something may still say where it is."""
        team, channel, ts = place_of(reference) or ("", "", "")
        workspace = self._services.workspaces.get(team)
        if workspace is None:
            return True  # it is served by another bot
        asked = await self._asked(workspace, made, channel, ts)
        now = self._services.clock()
        if asked is None or not await self._is_ours(workspace, made, asked):
            # What was picked or comes of a trusted bot is known once catch-up has read its channel.
            if now < self._services.restoration.until + self._services.timing.orphan_settle:
                return False
            await self._inform(claim, workspace, made)
            return True
        session = Session(
            id=asked.id,
            team=team,
            org_id=self._organisation.id,
            channel=channel,
            thread_ts=asked.thread_ts,
            requester=asked.requester,
            prompt=made.title or "Session",
            lifecycle=Lifecycle.CREATING,
            reference=reference,
            cause_ts=asked.cause_ts,
            created_at=now,
            spoken_at=now,
        )
        await self._store(claim, session, ts)
        log.info("orphan adopted", session=session.id, devin_id=made.session_id)
        return True

    async def _store(self, claim: Claim, session: Session, ts: str) -> None:
        assert session.thread_ts is not None
        # A crash before this commit changes nothing: the next poll finds the session again.
        async with self._services.unit_of_work(claim, ref_of(session.id)) as uow:
            await add(uow, session)
            lane, cause = thread_lane(session.team, session.channel, session.thread_ts), StartCause(session.id)
            key, now = f"start:orphan:{session.id}", uow.now
            row = InboxRow(key, session.team, lane, ts, uow.ref, cause, ready_at=now, created_at=now)
            await uow.add_to_inbox(row)

    async def _asked(self, workspace: Workspace, made: DevinSession, channel: str, ts: str) -> _Asked | None:
        try:
            message = await workspace.slack.message_at(channel, ts)
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return None
        if message is None:
            return None
        if message.bot_id == workspace.bot_id:
            return await self._by_card(made, message)
        if message.user is None or message.bot_id is not None:
            return None
        own_id = session_id(message_key(workspace.team, channel, ts))
        return _Asked(own_id, message.thread_ts or ts, message.user, ts)

    async def _by_card(self, made: DevinSession, message: ThreadMessage) -> _Asked | None:
        """What the card of a command says, and the prompt of who asked for it."""
        if message.key is None or not message.key.startswith(_CARD):
            return None
        found = _ASKED_BY.findall(await self._lookup.prompt_of(self._organisation, made) or "")
        return _Asked(subject_of(message.key), message.ts, found[-1], None) if found else None

    async def _is_ours(self, workspace: Workspace, made: DevinSession, asked: _Asked) -> bool:
        own_name = await self._identities.name_of(workspace, self._organisation, asked.requester)
        return await self._organisation.may_have_made(made, own_name.user_id)

    async def _inform(self, claim: Claim, workspace: Workspace, made: DevinSession) -> None:
        log.warning("orphan without thread", devin_id=made.session_id)
        # A crash right here informs nobody yet: the next start finds the same session.
        async with self._services.unit_of_work(claim) as uow:
            message = failure_sentences.without_thread(made.url)
            await uow.notify_admins(workspace, f"orphan:{made.session_id}", message)
