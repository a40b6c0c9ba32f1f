"""`/devin digest`: which channels get which digests. Each change is an audit row.

What our own rows tell is answered within the ack. Whether a channel may get a digest is asked of Slack, so that is the
work of a stored row.
"""

from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.commands.presses import undone
from bot.domain.commands.spec import CommandSpec
from bot.domain.lane import person_lane
from bot.features.digest import rows as subscriptions
from bot.features.digest import sentences as subscription_sentences
from bot.features.digest.due import first_at, keep_past, schedule_of, subscribed
from bot.features.digest.edition_sentences import preview
from bot.features.digest.past import Destination, read_past
from bot.features.digest.post import DigestPost
from bot.features.digest.rules import (
    OCCASIONS,
    DigestAction,
    DigestMistake,
    DigestRequest,
    Edition,
    MissedBecause,
    Schedule,
    Share,
    Subscription,
    parse_digest,
    read_digest,
)
from bot.features.digest.specs import DIGEST, DIGEST_ADD_CONFIRMED, DIGEST_UNDO
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.access import Access
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler, asked_by
from bot.kernel.job import CommandJob, finish, finish_with, recipient_of
from bot.kernel.services import Services
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.slack.errors import ChannelGone, SlackError
from bot.store import audit, due, numbered_lists
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.views.message import Message
from bot.views.questions import STALE, TOO_LATE_TO_UNDO

KIND: Final = "digests"  # of the numbered list


class Subscriptions:
    """Answers `/devin digest` and changes the subscriptions."""

    def __init__(self, services: Services, access: Access, shared_channels: SharedChannels) -> None:
        self._services = services
        self._access = access
        self._shared_channels = shared_channels
        self._usage_ledger = UsageLedger(services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {
            DIGEST: Handler(self._answer, self._run, lost=self._lost),
            DIGEST_ADD_CONFIRMED: Handler(run=self._add_confirmed, lost=self._lost),
            DIGEST_UNDO: Handler(run=self._undo),
        }

    async def _answer(self, asked: Asked) -> Answer:
        """Answer what was typed from our own rows; a row makes a preview, and asks Slack about a channel."""
        request = parse_digest(asked.argument)
        if isinstance(request, DigestMistake):
            return subscription_sentences.digest_mistake(request)
        if (answer := await self._answered_at_once(asked, request)) is not None:
            return answer
        return Deferred(person_lane(asked.workspace.team, asked.user), asked.argument)

    async def _answered_at_once(self, asked: Asked, request: DigestRequest) -> Message | None:
        if request.action is DigestAction.LIST:
            return await self._list(asked.workspace, asked.user)
        if request.action is DigestAction.REMOVE:
            return await self._remove(asked.workspace, asked.user, asked.channel, request.number)
        if request.action is DigestAction.ADD:
            return _refusal(asked.workspace, request, asked.channel)
        return (
            None
            if request.action is DigestAction.NOW
            else subscription_sentences.digest_forms(schedule_of(asked.workspace.policy))
        )

    async def _run(self, job: CommandJob) -> None:
        """Carry out a command for a row: answer it, show a preview, or add a subscription."""
        answer = await self._answer(asked_by(job, DIGEST))
        request = parse_digest(job.cause.argument)
        if isinstance(answer, Message):
            await self._services.answer(job, answer)
        elif isinstance(request, DigestRequest) and request.action is DigestAction.ADD:
            await self._subscribe(job, request)
        else:
            await self._show_preview(job)

    async def _lost(self, uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
        await uow.reply_privately(recipient_of(job), subscription_sentences.DIGEST_NOT_ADDED)

    async def _subscribe(self, job: CommandJob, request: DigestRequest) -> None:
        channel = request.channel or job.cause.channel or ""
        refusal = await _refusal_of_slack(job.workspace, channel)
        if request.at and not request.zone:  # who types a time means their own clock
            request = replace(request, zone=str(await self._access.zone_of(job.workspace, job.cause.user or "")))
        shows_all = request.share is Share.ALL and channel != job.cause.channel
        async with self._services.unit_of_work_for(job) as uow:
            wanted = _subscription(job, request, channel, uow.now)
            if refusal is None and shows_all and job.cause.command != DIGEST_ADD_CONFIRMED.name:
                message = subscription_sentences.ask_to_add(wanted)
            else:
                message = refusal or await self._add(uow, job, wanted)
            await uow.reply_privately(recipient_of(job), message)
            await finish(uow, job)

    async def _add_confirmed(self, job: CommandJob) -> None:
        request = _carried(job.cause.argument)
        if request is None or request.action is not DigestAction.ADD:
            await self._services.answer(job, STALE)
        else:
            await self._subscribe(job, request)

    async def _undo(self, job: CommandJob) -> None:
        """Remove the subscription, or have the one back that it has replaced."""
        async with self._services.unit_of_work_for(job) as uow:
            undoes = undone(job.cause.argument, uow.now, uow.timing.undo)
            request = _carried(undoes) if undoes else None
            if request is None or request.channel is None:
                await finish_with(uow, job, TOO_LATE_TO_UNDO)
                return
            team, back = job.workspace.team, _subscription(job, request, request.channel, uow.now)
            there = await subscriptions.get(uow.tx, team, request.channel, request.edition)
            if request.action is DigestAction.ADD:
                message = await self._add(uow, job, back)
            elif there is None:
                message = subscription_sentences.ALREADY_REMOVED
            else:
                await subscriptions.remove(uow.tx, team, there.channel, there.edition)
                await _drop_past(uow.tx, job.workspace, there)
                row = _audit_row(job.workspace, job.cause.user or "", job.cause.channel, uow.now, there, None)
                await audit.add(uow.tx, row)
                message = subscription_sentences.digest_removed(there)
            await finish_with(uow, job, message)

    # ------------------------------------------------------------ list and preview

    async def _list(self, workspace: Workspace, user: str) -> Message:
        # A crash right after this commit leaves a list that nobody has seen, until the person asks for the next one.
        async with self._services.db.write(urgent=True) as tx:
            found = await subscribed(tx, workspace)
            ids = [subscription.id for subscription in found]
            await numbered_lists.show(tx, workspace.team, user, KIND, ids, self._services.clock())
            return subscription_sentences.digest_list(
                [(subscription, await _lost(tx, workspace, subscription)) for subscription in found]
            )

    async def _show_preview(self, job: CommandJob) -> None:
        # As before a digest, which would name what is in channels of which nobody has asked yet.
        await self._shared_channels.learn_private(job.workspace, self._services.timing.privacy_in_digest)
        message = await self.preview(job.workspace, job.cause.channel or "")
        async with self._services.unit_of_work_for(job) as uow:
            await uow.reply_privately(recipient_of(job), message)
            await finish(uow, job)

    async def preview(self, workspace: Workspace, channel: str) -> Message:
        """Return what would be posted in a channel now: its own digests, or where it has none, a daily one."""
        async with self._services.db.read() as tx:
            here = [subscription for subscription in await subscribed(tx, workspace) if subscription.channel == channel]
        wanted = here or [Subscription(channel, Edition.DAILY, schedule_of(workspace.policy))]
        now, digest_post = self._services.clock(), DigestPost(self._services, workspace, self._usage_ledger)
        return preview([await digest_post.preview(subscription, now) for subscription in wanted])

    # ------------------------------------------------------------ changes

    async def _add(self, uow: UnitOfWork, job: CommandJob, subscription: Subscription) -> Message:
        workspace = job.workspace
        before = await subscriptions.get(uow.tx, workspace.team, subscription.channel, subscription.edition)
        if before is None:
            await _drop_past(uow.tx, workspace, subscription)
        else:
            await keep_past(uow.tx, workspace, before, uow.now)
        await subscriptions.put(uow.tx, workspace.team, subscription)
        row = _audit_row(workspace, subscription.added_by, job.cause.channel, uow.now, before, subscription)
        await audit.add(uow.tx, row)
        first = await first_at(uow.tx, workspace, subscription, uow.now)
        if job.cause.command == DIGEST_ADD_CONFIRMED.name:
            return subscription_sentences.digest_added_undoable(subscription, before, first, uow.now)
        return subscription_sentences.digest_added(subscription, before, first)

    async def _remove(self, workspace: Workspace, user: str, channel: str, number: int) -> Message:
        now = self._services.clock()
        # A crash right after this commit leaves a removal that was not confirmed; the list shows it.
        async with self._services.db.write(urgent=True) as tx:
            since = now - self._services.timing.list_kept
            ids = await numbered_lists.shown(tx, workspace.team, user, KIND, since)
            if ids is None:
                return subscription_sentences.DIGEST_UNSEEN
            if not 1 <= number <= len(ids):
                return subscription_sentences.digest_no_number(number)
            known = {subscription.id: subscription for subscription in await subscribed(tx, workspace)}
            found = known.get(ids[number - 1])
            if found is None:
                return subscription_sentences.digest_gone(number)
            if found.is_from_settings:
                return subscription_sentences.digest_from_settings(found.channel)
            await subscriptions.remove(tx, workspace.team, found.channel, found.edition)
            await _drop_past(tx, workspace, found)
            await audit.add(tx, _audit_row(workspace, user, channel, now, found, None))
            return subscription_sentences.digest_removed(found)


def _carried(value: str) -> DigestRequest | None:
    """Read the words that a button carries; None if they are none of ours, as anybody can send a press."""
    typed = read_digest(value)
    request = parse_digest(typed) if typed is not None else None
    return request if isinstance(request, DigestRequest) else None


def _refusal(workspace: Workspace, request: DigestRequest, channel: str) -> Message | None:
    """Why a subscription cannot be added, as far as that is known without Slack."""
    where = request.channel or channel
    if where.startswith("D"):
        return subscription_sentences.DIGEST_NEEDS_CHANNEL
    if where == workspace.policy.admin_channel and request.edition is Edition.DAILY:
        return subscription_sentences.digest_from_settings(where)
    return None


async def _refusal_of_slack(workspace: Workspace, channel: str) -> Message | None:
    """Why a channel can get no digest, as Slack says now: what was known a moment ago, a person may have changed."""
    try:
        found = await workspace.slack.channel(channel)
    except ChannelGone:
        return subscription_sentences.digest_refused(channel, MissedBecause.NOT_IN_CHANNEL)
    except SlackError:
        return subscription_sentences.DIGEST_NOT_ADDED
    if found.is_archived:
        return subscription_sentences.digest_refused(channel, MissedBecause.ARCHIVED)
    if not found.is_member:
        return subscription_sentences.digest_refused(channel, MissedBecause.NOT_IN_CHANNEL)
    return subscription_sentences.digest_refused(channel, MissedBecause.SHARED) if found.is_ext_shared else None


def _subscription(job: CommandJob, request: DigestRequest, channel: str, now: float) -> Subscription:
    usual = schedule_of(job.workspace.policy)
    schedule = Schedule(request.at or usual.at, ZoneInfo(request.zone) if request.zone else usual.zone)
    user = job.cause.user or ""
    return Subscription(channel, request.edition, schedule, request.share, user, now, request.with_file)


async def _lost(tx: Transaction, workspace: Workspace, subscription: Subscription) -> MissedBecause | None:
    """Why the channel of a subscription gets no digest any more, if that is so."""
    for occasion in OCCASIONS[subscription.edition]:
        past = await read_past(tx, Destination(workspace.team, subscription, occasion))
        if past is not None and past.lost is not None:
            return MissedBecause(past.lost["because"])
    return None


async def _drop_past(tx: Transaction, workspace: Workspace, subscription: Subscription) -> None:
    names = [
        Destination(workspace.team, subscription, occasion).state_name for occasion in OCCASIONS[subscription.edition]
    ]
    await due.drop(tx, names)


def _audit_row(
    workspace: Workspace,
    user: str,
    channel: str | None,
    now: float,
    before: Subscription | None,
    after: Subscription | None,
) -> AuditRow:
    changed = after or before
    assert changed is not None
    return AuditRow(
        team=workspace.team,
        at=now,
        user=user,
        action=DIGEST.name,
        target=changed.id,
        channel=channel,
        before=before.as_record if before else None,
        after=after.as_record if after else None,
    )
