"""In whose name sessions are started and replies sent at Devin: the person's own where Devin takes it, or the bot's.

    Slack e-mail ──▶ Devin's members ──▶ linked: sessions and replies stand in the person's name
                                     └─▶ nobody: the bot's, looked up again after a day
    a day later, by the clock ──▶ looked up again; where Slack or Devin does not answer, the link holds as it was
    Devin refuses the person ──▶ a start, or a reply in their own session: once more in the bot's name
                             └─▶ a reply in somebody else's session, or with `BOT_REPEAT_AS_BOT=off`: not sent
                                 looked up again after a day
    the key lacks a permission ──▶ the bot's name for everybody, tried again after an hour

Devin's permissions are the switch. Guests and people of other companies are never looked up.
"""

import asyncio
import math
from dataclasses import dataclass, replace
from typing import Final

from bot.devin.errors import (
    DevinDenied,
    DevinError,
    DevinForbidden,
    DevinInvalid,
    DevinNotFound,
    DevinRefused,
    DevinTooLarge,
)
from bot.domain.identity import Identity, LinkSource, LinkState
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError
from bot.store import audit, identities
from bot.store.audit import AuditRow
from bot.views.answers import identities as identity_sentences

log = get_logger(__name__)

IMPERSONATE: Final = "ImpersonateOrgSessions"
NAMES_OFF: Final = "names off"  # the topic under which processes publish the organisation whose key may use no names
_CHECKED_AT_ONCE: Final = 100  # people
_MAY_BE_ABOUT_THE_PERSON: Final = (DevinForbidden, DevinDenied, DevinNotFound)


@dataclass(slots=True)
class OwnName:
    """In whose name one thing is created at Devin; without an `identity` in that of the bot.

    With `alone`, what Devin refuses in the person's name is not asked for in the bot's.
    """

    identity: Identity | None = None
    alone: bool = False
    refusal: DevinRefused | None = None

    @property
    def user_id(self) -> str | None:
        """The id at Devin of the person; None for the bot's own name."""
        return self.identity.acts_as if self.identity is not None and self.refusal is None else None

    @property
    def lacks_permission(self) -> bool:
        """Whether Devin takes nobody's name from the bot's key."""
        return isinstance(self.refusal, DevinForbidden) and self.refusal.needed == IMPERSONATE

    @property
    def is_refused(self) -> bool:
        """Whether Devin has refused the person, and nothing is asked for in the bot's name instead."""
        invalid = self.identity is not None and self.identity.state is LinkState.INVALID
        return self.alone and (invalid or (self.refusal is not None and not self.lacks_permission))

    def fall_back(self, refused: DevinRefused) -> bool:
        """Go on in the bot's name if Devin may have `refused` the person's. Returns False if it has not, or may not."""
        about = isinstance(refused, _MAY_BE_ABOUT_THE_PERSON) or _names_user(refused)
        if self.user_id is None or not about:
            return False
        self.refusal = refused
        return not self.is_refused

    def use_the_bots(self) -> None:
        """Use the bot's name from now on."""
        self.identity = None


def _names_user(refused: DevinRefused) -> bool:
    """Whether a request was refused for what it said about its user."""
    if not isinstance(refused, DevinInvalid) or isinstance(refused, DevinTooLarge):
        return False
    return any("as_user_id" in word for word in (refused.message, *(problem.field for problem in refused.problems)))


class Identities:
    """Finds out who people are at Devin, and informs them once of what follows from it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._off_until: dict[str, float] = {}  # by organisation: until when, by the steady clock, no name is tried
        services.engine.subscribe(NAMES_OFF, self._use_no_names)

    async def name_of(
        self, workspace: Workspace, organisation: Organisation, user: str, asker: str | None = None
    ) -> OwnName:
        """Return in whose name `user` starts in the `organisation`, or writes to the session of `asker`."""
        if not self._uses_names(organisation):
            return OwnName()
        theirs = asker is None or asker == user
        alone = not (theirs and workspace.policy.repeats_as_bot)
        identity = await self.identity_of(workspace, organisation, user)
        if identity is not None and identity.acts_as is not None and await self.is_shared(workspace, identity):
            identity = None  # which of the two it is, only an admin can say
        return OwnName(identity, alone)

    def _uses_names(self, organisation: Organisation) -> bool:
        # Without our tags only what the bot's own user has made can be listed, and so be found again.
        off_until = self._off_until.get(organisation.id, -math.inf)
        return not organisation.tags_refused and self._services.clock.steady() >= off_until

    async def check(self, workspace: Workspace) -> float:
        """Look up again the links of a workspace that are a day old. Returns the seconds until the next time."""
        services, organisation = self._services, workspace.organisation
        since = services.clock() - services.timing.identity_retry
        async with services.db.read() as tx:
            old = await identities.unchecked(tx, workspace.team, since, _CHECKED_AT_ONCE)
        for known in old if self._uses_names(organisation) else ():
            try:
                found = await self._find_link(workspace, organisation, known.user, known)
            except SlackError as error:
                log.info("link not checked", user=known.user, error=type(error).__name__)
                continue
            except DevinError as error:
                log.info("links not checked", error=type(error).__name__)
                break
            if found is None:
                break  # the key may not look anybody up
            if found.acts_as is not None:
                await self.is_shared(workspace, found)
        return services.timing.identity_check

    async def is_shared(self, workspace: Workspace, identity: Identity) -> bool:
        """Whether two people are linked to one user at Devin, of which the admins are informed once."""
        async with self._services.db.read() as tx:
            if not await identities.is_shared(tx, identity):
                return False
        # A crash before this commit informs nobody; the next start or reply does.
        async with self._services.unit_of_work() as uow:
            said = identity_sentences.shared(identity.devin_user or "")
            await uow.notify_admins(workspace, f"identity-shared:{identity.team}:{identity.devin_user}", said)
        return True

    async def identity_of(self, workspace: Workspace, organisation: Organisation, user: str) -> Identity | None:
        """Return who `user` is at Devin, from our rows or looked up there; None while neither says it.

        Where Slack or Devin does not answer, it is who they were before: what they write is not the bot's for that.
        """
        now, timing = self._services.clock(), self._services.timing
        async with self._services.db.read() as tx:
            known = await identities.get(tx, workspace.team, user)
        if known is not None and not known.is_due(now, timing.identity_retry):
            return known
        try:
            async with asyncio.timeout(timing.identity_asked):
                return await self._find_link(workspace, organisation, user, known)
        except (SlackError, DevinError, TimeoutError) as error:
            # The work does not wait for a name. The next start looks again. Devin itself refuses whom it has removed.
            log.info("Devin user unknown", error=type(error).__name__)
            return known

    async def _find_link(
        self, workspace: Workspace, organisation: Organisation, user: str, known: Identity | None
    ) -> Identity | None:
        now, person = self._services.clock(), await workspace.slack.person(user)
        left = person.is_outsider or person.is_bot or person.deleted
        if left and known is None:
            return None
        before = known or Identity(workspace.team, user, LinkState.UNKNOWN, now)
        found: Identity | None
        if left:
            found = replace(before, state=LinkState.UNKNOWN, devin_user=None, at=now)
        elif before.source is LinkSource.ADMIN:
            found = replace(before, state=LinkState.LINKED, at=now)
        elif person.email is None:
            found = replace(before, state=LinkState.HIDDEN, at=now)
        else:
            found = await self._by_email(organisation, person.email, replace(before, at=now))
        if found is not None:
            # A crash before this commit has the person looked up again.
            async with self._services.db.write() as tx:
                if (stored := await identities.get(tx, workspace.team, user)) != known:
                    return stored  # an admin has set it meanwhile, or another look was faster
                await identities.put(tx, found)
                if found.source is LinkSource.EMAIL and found.acts_as != before.acts_as:
                    was, after = {"devin_user": before.acts_as}, {"devin_user": found.acts_as, "source": "email"}
                    await audit.add(tx, AuditRow(found.team, now, user, audit.LINK, user, None, was, after))
        return found

    async def _by_email(self, organisation: Organisation, email: str, before: Identity) -> Identity | None:
        try:
            members = {member.user_id for member in await organisation.devin.members_by_email(email)}
        except (DevinForbidden, DevinDenied) as refused:
            self._turn_off(organisation, refused)
            return None
        if not members and before.devin_user is not None:
            return replace(before, state=LinkState.INVALID)  # Devin has removed them, as if it had refused their name
        if len(members) != 1:
            return replace(before, state=LinkState.UNKNOWN, devin_user=None)
        return replace(before, state=LinkState.LINKED, devin_user=members.pop())

    def _turn_off(self, organisation: Organisation, refused: DevinRefused) -> None:
        log.info("sessions run as the bot", organisation=organisation.id, error=type(refused).__name__)
        self._use_no_names(organisation.id)
        # A crash right here has the others find out for themselves.
        self._services.engine.publish(NAMES_OFF, organisation.id)

    def _use_no_names(self, org_id: str) -> None:
        """Try nobody's name in an organisation for a while."""
        self._off_until[org_id] = self._services.clock.steady() + self._services.timing.identity_off

    async def write_outcome(self, uow: UnitOfWork, organisation: Organisation, name: OwnName, to: Recipient) -> None:
        """Store what Devin's answer says about the link, and inform the person of what is new, once.

        A crash before this commit leaves what was created to be found without it. The next start or reply says so.
        """
        identity = name.identity
        if name.refusal is not None and name.lacks_permission:
            self._turn_off(organisation, name.refusal)
        elif identity is not None and name.refusal is not None:
            log.warning("Devin rejected a person's name", user=identity.user, status=name.refusal.status)
            await identities.put(uow.tx, replace(identity, state=LinkState.INVALID, at=uow.now))
            if not name.alone:  # else they read why nothing was sent
                await self._explain(uow, identity, LinkState.INVALID, to)
        elif identity is not None and identity.acts_as is not None:
            await self._explain(uow, identity, LinkState.LINKED, to)
        elif identity is not None and (identity.state is LinkState.INVALID or await self._is_unknown(uow, identity)):
            await self._explain(uow, identity, identity.state, to)

    async def _is_unknown(self, uow: UnitOfWork, identity: Identity) -> bool:
        """Whether the person is unknown at Devin and reads so: once, and only where the names of others are used."""
        if identity.state is not LinkState.UNKNOWN or identity.explained is not None:
            return False
        return await identities.has_explained(uow.tx, identity.team)

    async def _explain(self, uow: UnitOfWork, identity: Identity, state: LinkState, to: Recipient) -> None:
        """Inform the person of `state`, unless they were already. It is one commit with the note that they are."""
        if identity.explained is state or not await identities.mark_explained(uow.tx, identity, state):
            return
        key = f"identity:{identity.team}:{identity.user}:{state}:{uow.now}"
        await uow.reply_privately(to, identity_sentences.EXPLANATIONS[state], key=key)
