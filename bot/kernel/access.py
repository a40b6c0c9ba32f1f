"""Who may use the bot: full members of a workspace, in those of its channels that no other company shares.

What Slack says about a person is stored, and counts for a while: for less where work is started or stopped. Slack's
events about a person renew what is stored.
"""

import asyncio
import math
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from bot.domain.admins import Admins
from bot.domain.commands.spec import CommandSpec, Role
from bot.domain.identity import LinkSource
from bot.domain.person import Person
from bot.domain.roles import OF_ASKER, Right, holds
from bot.domain.session import Session
from bot.domain.zones import zone_or
from bot.kernel.admins import admins_of, roles_of
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.slack.client import Channel
from bot.slack.errors import ChannelGone, ScopeMissing, SlackError, SlackRefused, SlackUnreachable
from bot.slack.people import person_from
from bot.store import identities, people, user_groups
from bot.views.answers import access as access_sentences
from bot.views.message import Message

PERSON: Final = "person"  # the topic under which processes publish whose row has changed, as a team and a user


class Access:
    """Looks up people and channels, keeps what it found for a while, and says who is refused and why."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._people: dict[tuple[str, str], tuple[float, Person | None]] = {}
        self._groups: dict[str, tuple[float, dict[str, str]]] = {}
        services.engine.subscribe(PERSON, self._person_changed)

    async def person(self, workspace: Workspace, user: str, *, urgent: bool = False) -> Person:
        """Return the person with the id `user`: from our rows if they were stored lately, else from Slack.

        With `urgent` the write goes before other work, because Slack's ack waits for it.
        """
        return await self._stored(workspace, user) or await self._ask(workspace, user, urgent=urgent)

    async def zone_of(self, workspace: Workspace, user: str) -> tzinfo:
        """Return the time zone of the person `user`, or that of the settings where Slack names none."""
        return zone_or((await self.person(workspace, user)).tz, workspace.policy.zone)

    async def checked_person(
        self, workspace: Workspace, user: str, *, stops: bool = False, urgent: bool = False
    ) -> Person:
        """Return the person with the id `user`, who starts or stops work: from our rows if they were stored just now.

        With `stops`, what was stored lately counts while Slack does not say more. A stop costs nothing, and is urgent.
        So is the answer to an admin. `urgent` is as in `person`.
        """
        known = await self._stored(workspace, user, self._services.timing.person_checked)
        if known is not None:
            return known
        try:
            return await self._ask(workspace, user, urgent=urgent)
        except SlackError as error:
            refused = isinstance(error, SlackRefused) and error.permanent
            before = await self._stored(workspace, user) if stops and not refused else None
            if before is None:
                raise
            return before

    async def refresh(self, workspace: Workspace, user: Mapping[str, Any]) -> None:
        """Store what an event of Slack's says about a person, if they are stored here and were described otherwise.

        Slack sends such events in bursts, for each change of a status. Nearly all of them cost one read.
        """
        key = (workspace.team, user["id"])
        async with self._services.db.read() as tx:
            stored = await people.get(tx, *key, read_after=0.0)
            link = await identities.get(tx, *key)
        if link is not None and link.source is LinkSource.EMAIL and link.at > 0:
            # The address may be another one, which is not stored. A crash here has Slack send the event again.
            async with self._services.db.write(urgent=True) as tx:
                await identities.recheck(tx, *key)
        if stored is None or people.is_stored_as(person := person_from(user, workspace.team), stored):
            return
        # A crash before this commit leaves the event without an ack, and Slack sends it again.
        async with self._services.db.write(urgent=True) as tx:
            await people.put(tx, workspace.team, person, self._services.clock())
        self._changed(workspace, user["id"])

    def _changed(self, workspace: Workspace, user: str) -> None:
        """Forget a person whose row has changed, in all processes."""
        self._people.pop((workspace.team, user), None)
        # A crash right here leaves other processes with what they have in memory, for half a minute.
        self._services.engine.publish(PERSON, f"{workspace.team}:{user}")

    def _person_changed(self, team_and_user: str) -> None:
        team, _, user = team_and_user.partition(":")
        self._people.pop((team, user), None)

    async def _ask(self, workspace: Workspace, user: str, *, urgent: bool = False) -> Person:
        asked_at = self._services.clock()
        person = await workspace.slack.person(user)
        # A crash before this commit has Slack asked again. An event that came meanwhile is later, and stays.
        async with self._services.db.write(urgent=urgent) as tx:
            await people.put(tx, workspace.team, person, asked_at)
            newest = await people.get(tx, workspace.team, user, asked_at) or person
        self._changed(workspace, user)
        return newest

    async def known_person(self, workspace: Workspace, user: str) -> Person | None:
        """Return the person with the id `user` from our rows; None if they were not stored lately. An ack waits for it.

        What was read is kept in memory for a moment: to read a row takes half as long as the whole ack. Who is refused
        counts as known for as long as in `checked_person`, so that nobody is refused for what has changed since.
        """
        now, key = self._services.clock.steady(), (workspace.team, user)
        at, person = self._people.get(key, (-math.inf, None))
        if now - at > self._services.timing.person_at_hand:
            person = await self._stored(workspace, user)
            if person is not None and self.refusal(person, shared=False) is not None:
                person = await self._stored(workspace, user, self._services.timing.person_checked)
            # Also that nobody is stored: a crowd of newcomers costs one read each. If another process stores them right
            # now, their starts go the longer way for a moment.
            self._people[key] = (now, person)
        return person

    async def _stored(self, workspace: Workspace, user: str, within: float | None = None) -> Person | None:
        """The person from our rows; None if they were not stored in the last seconds, `within` or `person_known`."""
        services = self._services
        read_after = services.clock() - (services.timing.person_known if within is None else within)
        async with services.db.read() as tx:
            person = await people.get(tx, workspace.team, user, read_after)
        if within is None and person is not None and self.refusal(person, shared=False) is None:
            self._people[workspace.team, user] = (
                services.clock.steady(),
                person,
            )  # a reply needs the name a moment later
        return person

    async def names(self, workspace: Workspace, users: list[str]) -> dict[str, str]:
        """Map the ids `users` to names. An id that Slack does not show us stands for itself."""
        return {user: await self._name(workspace, user) for user in users}

    async def _name(self, workspace: Workspace, user: str) -> str:
        try:
            return (await self.known_person(workspace, user) or await self.person(workspace, user)).name
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return user  # a mention of somebody whom Slack does not show us must not hold up the message

    async def is_outsider(self, workspace: Workspace, user: str) -> bool:
        """Whether `user` is a guest, of another company, or somebody whom Slack does not show us."""
        try:
            return (await self.person(workspace, user)).is_outsider
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return True

    async def group_names(self, workspace: Workspace, groups: list[str]) -> dict[str, str]:
        """Map the ids `groups` of user groups to their names. One that Slack does not show us is left out."""
        now = self._services.clock.steady()
        at, known = self._groups.get(workspace.team, (-math.inf, {}))
        if groups and now - at > self._services.timing.groups_known:
            known = await self._read_groups(workspace)
            self._groups[workspace.team] = (now, known)
        return {group: known[group] for group in groups if group in known}

    async def _read_groups(self, workspace: Workspace) -> dict[str, str]:
        try:
            return await workspace.slack.groups()
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return {}  # an installation from before the bot had the scope must not lose the message

    async def channel_names(self, workspace: Workspace, channels: list[str]) -> dict[str, str]:
        """Map the ids `channels` to the channels' names. One that the bot cannot see is left out."""
        found = {channel: await self._channel_name(workspace, channel) for channel in channels}
        return {channel: name for channel, name in found.items() if name}

    async def _channel_name(self, workspace: Workspace, channel: str) -> str:
        try:
            return (await self.channel(workspace, channel)).name
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return ""

    async def channel(self, workspace: Workspace, channel: str) -> Channel:
        """Return what kind of channel `channel` is. Raises ChannelGone if the bot cannot see it."""
        known = self._services.channels.current(workspace, channel)
        # One that is not open is asked for again: a person who is refused may change the channel.
        if known is None or not known.is_open:
            known = await self._services.channels.ask(workspace, channel)
        return known.channel

    async def why_not_posted(self, workspace: Workspace, user: str, channel: str) -> str:
        """Why `user` may have nothing posted in `channel`, which a forged form may name; empty if they may."""
        try:
            found = await self.channel(workspace, channel)
        except (ChannelGone, ScopeMissing):
            return access_sentences.WITHOUT_BOT.format(channel=channel)
        if found.is_ext_shared:
            return access_sentences.SHARED.format(channel=channel)
        if found.is_archived:
            return access_sentences.ARCHIVED.format(channel=channel)
        if not found.is_member:
            return access_sentences.WITHOUT_BOT.format(channel=channel)
        is_there = await workspace.slack.is_member(channel, user)
        return "" if is_there else access_sentences.NOT_THERE.format(channel=channel)

    def is_known_to_be_open(self, workspace: Workspace, channel: str) -> bool:
        """Whether `channel` is known to be neither archived nor shared, without a call to Slack.

        Of a direct message that is not known: it may be one between two people, where the bot cannot post.
        """
        known = self._services.channels.current(workspace, channel)
        return known is not None and known.is_open

    async def is_shared(self, workspace: Workspace, channel: str) -> bool:
        """Whether another company shares `channel`; False for direct messages and for what the bot cannot see."""
        if channel.startswith("D"):
            return False
        try:
            return (await self.channel(workspace, channel)).is_ext_shared
        except (ChannelGone, ScopeMissing):
            return False

    async def is_public(self, workspace: Workspace, channel: str) -> bool:
        """Whether every member of the workspace may read `channel`; False for what the bot cannot see."""
        try:
            found = await self.channel(workspace, channel)
        except (ChannelGone, ScopeMissing):
            return False
        return not (channel.startswith("D") or found.is_private or found.is_im)

    async def may_go_on(self, workspace: Workspace, source: str, channel: str) -> bool:
        """Whether words of the channel `source` may go on in `channel`: out of a private place they go nowhere else."""
        return source == channel or await self.is_public(workspace, source)

    async def may_read(self, workspace: Workspace, user: str, channel: str) -> bool:
        """Whether `user`, a member of the workspace, may read `channel` now: it is public, or they are in it."""
        if await self.is_public(workspace, channel):
            return True
        try:
            return await workspace.slack.is_member(channel, user)
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return False

    async def refusal_in_ack(self, workspace: Workspace, user: str) -> Message | None:
        """Why `user`, a guest or somebody of another company, may not use the bot, or None; an ack waits for this.

        So Slack is asked only about somebody whom our rows do not know.
        """
        known = await self.known_person(workspace, user)
        return self.refusal(known or await self.person(workspace, user, urgent=True), shared=False)

    def refusal(self, person: Person, *, shared: bool) -> Message | None:
        """Why `person` may not use the bot, or None; `shared` is whether another company shares the channel."""
        if shared:
            return access_sentences.SHARED_CHANNEL_REFUSED
        if person.deleted:
            return access_sentences.DEACTIVATED_REFUSED
        if person.is_external:
            return access_sentences.OTHER_COMPANY_REFUSED
        return access_sentences.GUEST_REFUSED if person.is_guest else None

    async def start_refusal(self, workspace: Workspace, user: str, channel: str) -> Message | None:
        """Why `user` may start nothing in `channel`; None if they may. Slack is asked about what is not known."""
        person = await self.checked_person(workspace, user)
        if channel.startswith("D"):  # never shared; whether the bot may post in it shows when it does
            refusal = self.refusal(person, shared=False)
        else:
            refusal = await self._refusal_in(workspace, person, channel)
        return refusal or await self.right_refusal(workspace, user, Right.START, channel)

    async def _refusal_in(self, workspace: Workspace, person: Person, channel: str) -> Message | None:
        try:
            found = await self.channel(workspace, channel)
        except (ChannelGone, ScopeMissing):
            return self.refusal(person, shared=False) or access_sentences.not_in_channel()
        refusal = self.refusal(person, shared=found.is_ext_shared)
        return refusal or (access_sentences.CHANNEL_ARCHIVED if found.is_archived else None)

    async def role_refusal(
        self,
        workspace: Workspace,
        spec: CommandSpec,
        user: str | None,
        session: Session | None = None,
        channel: str | None = None,
    ) -> Message | None:
        """Why the role of `user` does not allow the command, or None; `session` is the one it is about, if any.

        Without a session it is given in `channel`. Of an admin Slack is asked who they are by now.
        """
        where, asker = (session.channel, session.requester) if session else (channel, user)
        if spec.right is not None and user is not None and where is not None:
            refusal = await self.right_refusal(workspace, user, spec.right, where, asker=asker)
            if spec.right is Right.ADMINISTER:  # who administers the channel may give there what else is for admins
                if refusal is None:
                    return None
            elif refusal is not None:
                return refusal
        if spec.role.includes(user, frozenset(), session.requester if session else None):
            return None
        refusal = await self.admins_only(workspace, user, spec.admins_can, spec.instead)
        if refusal is not None and spec.role is Role.ASKER_OR_ADMIN and session is not None:
            return access_sentences.not_yours(session.requester, await self._admins(workspace))
        if refusal is not None and spec.own_by:
            return access_sentences.with_own(refusal, self._services.commands.named(spec.own_by))
        return refusal

    async def admins_only(self, workspace: Workspace, user: str | None, deed: str, instead: str = "") -> Message | None:
        """Why `user` may not do a `deed` of admins, and a sentence about what they may use `instead`; None for one."""
        if user is not None and await self.is_admin(workspace, user):
            return None
        return access_sentences.admins_only(deed, await self._admins(workspace), instead)

    async def right_refusal(
        self, workspace: Workspace, user: str, right: Right, channel: str, *, asker: str | None = None
    ) -> Message | None:
        """Why `user` does not have the `right` in `channel`, or None; `asker` is whose session it is about, if any.

        Admins have every right. A right that nobody was given is everyone's, but for that to administer.
        """
        if user == asker and right in OF_ASKER:
            return None
        services = self._services
        async with services.db.read() as tx:
            roles = await roles_of(tx, workspace)
            holders = roles.holders(right, channel)
            known_since = services.clock() - services.timing.admins_known
            groups = await user_groups.of_person(tx, workspace.team, user, holders or (), known_since)
        if holders is None and right is not Right.ADMINISTER:
            return None
        if holds(holders or (), user, groups) and (
            right is not Right.ADMINISTER or await self._is_full_member(workspace, user)
        ):
            return None
        if await self.is_admin(workspace, user):
            return None
        return access_sentences.role_missing(right, holders or (), await self._admins(workspace))

    async def has_role(self, workspace: Workspace, user: str, role: Role) -> bool:
        """Whether `user` is a full member of the workspace now who has the `role`: a long work asks again and again."""
        if role is Role.ADMIN:
            return await self.is_admin(workspace, user)
        return await self._is_full_member(workspace, user)

    async def is_admin(self, workspace: Workspace, user: str) -> bool:
        """Whether `user` is an admin now: by the settings, by their role or by a group, and a full member here.

        Slack is asked, unless it was in the last minute. While it does not answer, what was stored in the last hour
        counts; raises SlackError if nothing was.
        """
        if user not in workspace.policy.admin_users and user not in (await self._admins(workspace)).ids:
            return False
        return await self._is_full_member(workspace, user)

    async def manages(self, workspace: Workspace, user: str, channel: str, *, as_creator: bool = True) -> bool:
        """Whether `user` may set what holds for all in `channel`.

        That may admins, an admin of the workspace, who administers the channel by a role, and who created it, if
        that counts too.
        """
        if await self.right_refusal(workspace, user, Right.ADMINISTER, channel) is None:
            return True
        person = await self.checked_person(workspace, user)
        if self.refusal(person, shared=False) is not None:
            return False
        return person.is_admin or (as_creator and await self._created(workspace, user, channel))

    async def _created(self, workspace: Workspace, user: str, channel: str) -> bool:
        try:
            created = (await self.channel(workspace, channel)).creator == user
            return created and await self.may_read(workspace, user, channel)
        except (ChannelGone, ScopeMissing):
            return False

    async def _is_full_member(self, workspace: Workspace, user: str) -> bool:
        try:
            # An ack may wait for it.
            async with asyncio.timeout(self._services.timing.person_asked):
                person = await self.checked_person(workspace, user, stops=True, urgent=True)
        except TimeoutError:
            known = await self._stored(workspace, user)
            if known is None:
                raise SlackUnreachable("users.info", "no answer in time") from None
            person = known
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            return False
        return self.refusal(person, shared=False) is None

    async def _admins(self, workspace: Workspace) -> Admins:
        """Who is an admin by our rows: an ack may wait for them."""
        services = self._services
        async with services.db.read() as tx:
            return await admins_of(tx, workspace, services.clock() - services.timing.admins_known)
