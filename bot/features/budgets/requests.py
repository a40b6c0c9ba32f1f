"""A budget is raised for its running period: a row, an audit row, and a message to those whom it concerns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import ClassVar, Final

from bot.conversation.steer.held_start import (
    give_back,
    start_approved,
    text_of,
    wait_longer,
    waiting_start,
    why_too_late,
)
from bot.conversation.titles import ShownTitles, permalink
from bot.domain.amounts import session_limit
from bot.domain.causes import ActionCause, CommandCause, HeldCause, MessageCause, digest, is_reply
from bot.domain.commands.options import parse_request
from bot.domain.commands.parser import parse_task
from bot.domain.commands.registry import CONTINUE, STOP
from bot.domain.commands.spec import CommandSpec
from bot.domain.file import SlackFile
from bot.domain.form import Form
from bot.domain.readers import Readers
from bot.domain.session import NO_OPTIONS, first_line
from bot.domain.text import plain
from bot.domain.waking import WakeLimits, may_still_use
from bot.features.budgets import grant_rows as grants
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets.grant_rows import Grant, GrantState
from bot.features.budgets.rules import DIVIDED, Budget, ScopeKind, half_more
from bot.features.budgets.sentences import Named, Waking
from bot.features.budgets.specs import (
    ASK_FOR_MORE,
    GRANT_HALF_MORE,
    GRANT_MORE,
    GRANT_OTHER,
    REFUSE_MORE,
    STOP_UNCAPPED,
)
from bot.features.budgets.standings import Standings, standings
from bot.features.budgets.words import parse_number
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.job import CommandJob, finish, finish_with, move, recipient_of
from bot.kernel.pause_gate import who_paused
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit, channels, kept_tasks, people, sessions
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.store.kept_tasks import KeptTask
from bot.views.answers import pauses as pause_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.message import Block, Message

ACTION = "budget_grant"


@dataclass(frozen=True, slots=True)
class Raise:
    """So many ACUs more for the `subject` of a budget, or for all of them if it is empty, by the admin `by`.

    `key` is that of the grant, and `asker` who asked for it, if anybody did. `channel` is where it was decided. `then`
    says what becomes of what the asker kept.
    """

    key: str
    budget: Budget
    subject: str
    acus: Decimal
    by: str
    channel: str | None
    asker: str | None = None
    then: str = ""


async def record_raise(uow: UnitOfWork, workspace: Workspace, now_stand: Standings, increase: Raise) -> None:
    """Write the audit row of a grant that is stored, and inform whom it concerns."""
    standing = await now_stand.of(increase.budget, increase.subject)
    before = replace(standing, acus=standing.acus - increase.acus)
    period = {"period": standing.period.name}
    row = AuditRow(
        team=workspace.team,
        at=uow.now,
        user=increase.by,
        action=ACTION,
        target=subject_of(increase.budget, increase.subject),
        channel=increase.channel,
        before={"acus": str(before.acus)} | period,
        after={"acus": str(standing.acus)} | period,
    )
    await audit.add(uow.tx, row)
    await _inform(uow, workspace, now_stand, increase)


async def name_beside_figures(tx: Transaction, workspace: Workspace, user: str) -> str:
    """Return the name of `user` for a message with figures.

    It is empty where figures name nobody, and for somebody whose name was never read from Slack.
    """
    if not workspace.policy.shows_names:
        return ""
    return (await people.names(tx, workspace.team, [user])).get(user, "")


def subject_of(budget: Budget, subject: str) -> str:
    """Name a subject of a budget for an audit row, such as "each-person U0ANN"."""
    return str(budget.scope) if subject == budget.scope.subject else f"{budget.scope.kind.value} {subject}"


async def _inform(uow: UnitOfWork, workspace: Workspace, now_stand: Standings, increase: Raise) -> None:
    """Post the grant to who asked for it, and to the person or in the channel whose budget it is."""
    theirs = {ScopeKind.PERSON, ScopeKind.EACH_PERSON, ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL}
    owner = increase.subject if increase.budget.scope.kind in theirs else ""
    for to in dict.fromkeys(filter(None, (increase.asker, owner))):
        await _inform_one(uow, workspace, now_stand, increase, to)


async def _inform_one(uow: UnitOfWork, workspace: Workspace, now_stand: Standings, increase: Raise, to: str) -> None:
    known = await channels.get(uow.tx, workspace.team, to)
    if known is not None and known.is_shared:
        return  # what was spent is no business of another company
    named = await now_stand.named(await now_stand.of(increase.budget, increase.subject), to)
    by = await name_beside_figures(uow.tx, workspace, increase.by)
    message = views.granted_to_you(named, increase.acus, by, refused=to == increase.asker, then=increase.then)
    await uow.add_to_outbox(uow.post_row(f"granted:{increase.key}:{to}", workspace.team, to, None, message))


# ------------------------------------------------------------ requests
# The buttons of a budget that is used up: a person asks for more, and an admin grants or refuses it, once.
#
# What a choice carries is no authorisation: the budget has to be one of the workspace that holds for who asks in that
# channel, and who grants has to be an admin.


class BudgetRequests:
    """Carries out these buttons."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the buttons do."""
        asked = dict.fromkeys((ASK_FOR_MORE, GRANT_MORE, GRANT_HALF_MORE, REFUSE_MORE), Handler(run=self._run))
        return asked | {STOP_UNCAPPED: Handler(run=self._stop), GRANT_OTHER: Handler(_open_form)}

    async def _stop(self, job: CommandJob) -> None:
        """Stop a session without a limit in its own lane, as if the admin had typed it in its thread."""
        async with self._services.unit_of_work_for(job) as uow:
            session = await sessions.get(uow.tx, job.cause.argument)
            if session is None or session.team != job.workspace.team:
                await finish_with(uow, job, session_sentences.NO_SESSION_HERE)
                return
            readers = Readers.at(job.workspace.policy.admin_channel or "")
            titles = await ShownTitles.read(uow.tx, job.workspace, readers)
            stand_in = titles.replacement(session.channel, session.requester)
            said = stop_sentences.stopping(session, permalink(job.workspace, session), stand_in)
            await uow.reply_privately(recipient_of(job), said, key=f"{job.row.key}:received")
            # A crash before this commit leaves the press to be done again, and one after it the stop in its lane.
            await move(uow, job, session.lane, ActionCause(STOP.name, session.id, job.cause.user, job.cause.channel))

    async def _run(self, job: CommandJob) -> None:
        """Ask the admins, or grant or refuse what was asked for."""
        # After this commit the key of the request, and the state in its row, keep a second press from doing it again.
        async with self._services.unit_of_work_for(job) as uow:
            message, replaces = await self._carry_out(uow, job)
            await uow.reply_privately(replace(recipient_of(job), replaces=replaces), message)
            await finish(uow, job)

    async def _carry_out(self, uow: UnitOfWork, job: CommandJob) -> tuple[Message, bool]:
        """Do what the button says. Returns the answer, and whether it takes the place of the button's message."""
        if job.cause.command == ASK_FOR_MORE.name:
            parts = _parts(job.cause.argument)
            if parts.start and await _start_of(job, uow.tx) is None:
                return await why_too_late(uow, job, parts.start, reply=bool(parts.session))
            return await self._ask(uow, job), True
        by, amount = job.cause.user or "", _AMOUNTS[job.cause.command]
        return await decide(uow, job.workspace, job.cause.argument, by, job.cause.channel, amount)

    async def _ask(self, uow: UnitOfWork, job: CommandJob) -> Message:
        workspace, user = job.workspace, job.cause.user or ""
        found = await _asked_about(job, uow.tx)
        start, waking = await _start_of(job, uow.tx), await _waking(job, uow.tx)
        if found is None:
            goes = start is not None and await start_approved(uow, workspace, start.key) is not None
            return views.gone_for(reply=is_reply(start.cause)) if start and goes else views.BUDGET_GONE
        budget, subject = found
        channel = (start.cause.channel if start else job.cause.channel) or ""
        if (paused := await who_paused(uow.tx, workspace.team, channel)) is not None:
            return await _paused(uow, paused, start, waking)
        needs, but_for = (waking.needs, waking.session) if waking else (Decimal(0), "")
        stand = await standings(uow.tx, workspace, uow.now)
        standing = await stand.with_reserved(budget, subject, but_for=but_for)
        if standing.has_room_for(needs):
            if start is not None and await start_approved(uow, workspace, start.key) is not None:
                return views.room_for_start(await stand.named(standing, user), reply=is_reply(start.cause))
            return views.room_again(await stand.named(standing, user))
        period = standing.period.name
        earlier = await grants.decided(uow.tx, budget.number, subject, user)
        words = digest(start.cause) if start else ""
        key = f"{budget.number}:{subject}:{period}:{user}:{earlier}{f':{start.key}:{words}' if start else ''}"
        wanted = max(needs, start.needs if start else needs) or await stand.usual_use()
        more = Decimal(standing.missing_for(wanted))
        state, waits = GrantState.ASKED, start.key if start else ""
        asked = Grant(key, workspace.team, budget.number, subject, period, more, user, state, uow.now, waits, words)
        if not await grants.add(uow.tx, asked):
            return views.ASKED_ALREADY
        asker = await name_beside_figures(uow.tx, workspace, user)
        what, shown = await _what(uow.tx, workspace, start) if start else ("", [])
        said = views.request(await stand.named(standing), asker, more, key, waking, what, shown)
        await uow.notify_admins(workspace, f"more:{key}", said)
        if start is None:
            return views.ASKED
        await wait_longer(uow, start.key, start.cause, start_sentences.APPROVAL, uow.timing.start_approval)
        return views.asked_to_start(start.key, start.title, reply=is_reply(start.cause))


async def _paused(uow: UnitOfWork, paused: str, start: "_Start | None", waking: Waking | None) -> Message:
    """Answer who asks for more where the bot is paused, which no ACUs change: what waits does so for the pause."""
    if start is None:
        return (pause_sentences.not_started if waking is None else pause_sentences.not_woken)(paused)
    await wait_longer(uow, start.key, start.cause, start_sentences.PAUSED, uow.timing.start_room)
    kept = pause_sentences.reply_kept if is_reply(start.cause) else pause_sentences.start_kept
    return kept(paused, start.key)


async def _open_form(asked: Asked) -> Form:
    """Answer with the form of the request that is named."""
    return Form(asked.spec.name, asked.argument, asked.channel)


_AMOUNTS: Final[Mapping[str, Callable[[Decimal], Decimal | None]]] = {
    GRANT_MORE.name: lambda asked: asked,
    GRANT_HALF_MORE.name: half_more,
    REFUSE_MORE.name: lambda _: None,
}


async def decide(
    uow: UnitOfWork,
    workspace: Workspace,
    key: str,
    by: str,
    channel: str | None,
    granting: Callable[[Decimal], Decimal | None],
) -> tuple[Message, bool]:
    """Grant what `granting` makes of the ACUs that the request `key` asks for, or refuse it where that is None.

    Returns what the admin `by` reads, and whether it takes the place of the request.
    """
    asked = await grants.get(uow.tx, workspace.team, key)
    budget = None if asked is None else await budgets.get(uow.tx, workspace.team, asked.budget)
    if asked is None or budget is None:
        return views.BUDGET_GONE, True
    stand, acus = await standings(uow.tx, workspace, uow.now), granting(asked.acus)
    period = stand.period(budget)
    if acus is not None and asked.state is GrantState.ASKED and asked.period != period.name:
        return await _begun_anew(uow, workspace, stand, asked, budget), True
    start = await waiting_start(uow.tx, asked.start, workspace.team) if asked.start else None
    state = _outcome(asked, start, grants_it=acus is not None)
    asked = replace(asked, period=period.name, acus=asked.acus if acus is None else acus)
    # Of two admins who press at once, the second one finds it decided.
    is_first = await grants.decide(uow.tx, asked, state, uow.now)
    if state in _WITHDRAWN:
        return await _withdrawn(uow.tx, workspace, replace(asked, state=state)), True
    if not is_first:
        return views.ANSWERED_ALREADY, False
    answer = _refuse if acus is None else _grant
    return await answer(uow, workspace, stand, asked, budget, by, channel), True


async def _grant(
    uow: UnitOfWork,
    workspace: Workspace,
    stand: Standings,
    asked: Grant,
    budget: Budget,
    by: str,
    channel: str | None,
) -> Message:
    """Write what a grant that is stored changes, have what waits begin, and inform who asked."""
    name = await name_beside_figures(uow.tx, workspace, by)
    # In the transaction of the grant, so that what waits starts once, and only if that is stored.
    waited = await start_approved(uow, workspace, asked.start, granted=True) if asked.start else None
    then = "" if waited is None else views.goes(reply=is_reply(waited))
    standing, missing = await stand.with_reserved(budget, asked.subject), 0
    if waited is not None and not standing.has_room_for(needs := await _needs(uow.tx, workspace, asked.start, waited)):
        missing = standing.missing_for(max(needs, Decimal(1)))
        then = views.too_little_for_you(reply=is_reply(waited))
    await record_raise(
        uow, workspace, stand, Raise(asked.key, budget, asked.subject, asked.acus, by, channel, asked.user, then)
    )
    # For all who read the admin channel, so that nobody is "you".
    reply = waited is not None and is_reply(waited)
    return views.granted(await stand.named(standing), asked.acus, name, missing, reply=reply)


async def least_of(tx: Transaction, workspace: Workspace, now: float, asked: Grant) -> tuple[Named, int] | None:
    """Return how the budget of a request stands, and the least whole ACUs that make room; None if it is gone."""
    budget = await budgets.get(tx, workspace.team, asked.budget)
    if budget is None:
        return None
    stand = await standings(tx, workspace, now)
    standing = await stand.with_reserved(budget, asked.subject)
    start = await waiting_start(tx, asked.start, workspace.team) if asked.start else None
    needs = Decimal(0) if start is None else await _needs(tx, workspace, asked.start, start)
    return await stand.named(standing), standing.missing_for(max(needs, Decimal(1)))


async def _begun_anew(uow: UnitOfWork, workspace: Workspace, stand: Standings, asked: Grant, budget: Budget) -> Message:
    """Grant nothing, because the period of the request is over, and inform who asked that there is room again."""
    standing = await stand.of(budget, asked.subject)
    if not standing.is_used_up:
        named = await stand.named(standing, asked.user)
        waited = await start_approved(uow, workspace, asked.start) if asked.start else None
        goes = None if waited is None else views.room_for_start(named, reply=is_reply(waited))
        said = goes or views.room_again(named)
        await uow.add_to_outbox(uow.post_row(f"anew:{asked.key}", workspace.team, asked.user, None, said))
    return views.begun_anew(standing.period)


async def _refuse(
    uow: UnitOfWork,
    workspace: Workspace,
    stand: Standings,
    asked: Grant,
    budget: Budget,
    by: str,
    channel: str | None,
) -> Message:
    """Write the audit row of a refusal, and inform who asked."""
    target = subject_of(budget, asked.subject)
    await audit.add(uow.tx, AuditRow(workspace.team, uow.now, by, ACTION, target, channel, outcome="refused"))
    name = await name_beside_figures(uow.tx, workspace, by)
    if asked.start:
        await give_back(uow, workspace, asked.start, partial(views.start_not_approved, name))
    else:
        named = await stand.named(await stand.of(budget, asked.subject), asked.user)
        said = views.refused_to_you(named, name)
        await uow.add_to_outbox(uow.post_row(f"refused:{asked.key}", workspace.team, asked.user, None, said))
    return views.request_refused(await name_beside_figures(uow.tx, workspace, asked.user), name)


_WITHDRAWN: Final = frozenset({GrantState.EDITED, GrantState.TAKEN_BACK, GrantState.SETTLED})


def _outcome(asked: Grant, start: HeldCause | None, *, grants_it: bool) -> GrantState:
    """What becomes of a request at an admin's press: it is for the words of `start` that they have read."""
    if asked.state is not GrantState.ASKED:
        return asked.state
    if asked.start and start is None:
        return GrantState.TAKEN_BACK
    if start is not None and digest(start) != asked.digest:
        return GrantState.EDITED
    return GrantState.GRANTED if grants_it else GrantState.REFUSED


async def withdraw(uow: UnitOfWork, workspace: Workspace, start: str, edited: bool) -> None:
    """Withdraw what admins were asked for the start with this key, whose text was `edited`, or else deleted."""
    state = GrantState.EDITED if edited else GrantState.TAKEN_BACK
    for asked in await grants.waited_for(uow.tx, workspace.team, start):
        if await grants.decide(uow.tx, asked, state, uow.now):
            await close_request(uow, workspace, asked.key)


async def settle(uow: UnitOfWork, workspace: Workspace, budget: int, subject: str) -> None:
    """Have what waits for a subject of a budget begin, which an admin has raised without an answer to the request.

    The gates are asked once more. Where there is still no room, who asked reads why.
    """
    for asked in await grants.waiting(uow.tx, workspace.team, budget, subject):
        if await grants.decide(uow.tx, asked, GrantState.SETTLED, uow.now):
            await start_approved(uow, workspace, asked.start)
            await close_request(uow, workspace, asked.key)


async def close_request(uow: UnitOfWork, workspace: Workspace, key: str, by: str = "") -> None:
    """Have the request with this key, as admins were sent it, say what became of it if it's decided, and `by` whom."""
    asked = await grants.get(uow.tx, workspace.team, key)
    if asked is None or asked.state is not GrantState.ASKED:
        await uow.edit_for_admins(workspace, f"more:{key}", WithdrawnRequest, f"{workspace.team}:{by}:{key}")


class WithdrawnRequest(Drawer):
    """Draws the requests that admins were sent, once nothing is left to decide: without buttons."""

    name: ClassVar[str] = "request"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:  # noqa: ARG002 - no words
        """Return why the request is withdrawn; None if it is gone."""
        _, team, by, key = subject.split(":", 3)
        asked = await grants.get(tx, team, key)
        return None if asked is None else await _withdrawn(tx, self._services.workspaces[team], asked, by)


async def _withdrawn(tx: Transaction, workspace: Workspace, asked: Grant, by: str = "") -> Message:
    name = await name_beside_figures(tx, workspace, asked.user)
    if asked.state is GrantState.GRANTED:
        return views.granted_by_form(await name_beside_figures(tx, workspace, by), name, asked.acus)
    said = {GrantState.EDITED: views.edited, GrantState.SETTLED: views.settled}
    return said.get(asked.state, views.taken_back)(name)


async def _asked_about(job: CommandJob, tx: Transaction) -> tuple[Budget, str] | None:
    """Return the budget that a button is about, and whose it is; None if it is not there any more."""
    team, target = job.workspace.team, job.cause.argument
    if job.cause.command != ASK_FOR_MORE.name:
        asked = await grants.get(tx, team, target)
        raised = None if asked is None else await budgets.get(tx, team, asked.budget)
        return None if asked is None or raised is None else (raised, asked.subject)
    parts = _parts(target)
    parsed = parse_number(parts.number)
    budget = await budgets.get(tx, team, parsed) if isinstance(parsed, int) else None
    if budget is not None and budget.scope.kind in DIVIDED:
        return budget, budget.scope.subject  # by a tag and `repo=` everybody may start something that it's for
    return (budget, parts.subject) if budget is not None and await _may_ask(tx, job, budget, parts) else None


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the button that asks for more carries: a budget, whose it is, and the session or the start that waits."""

    number: str
    subject: str
    session: str
    start: str


def _parts(target: str) -> _Parts:
    return _Parts(*[*target.split(":", 3), "", "", ""][:4])


@dataclass(frozen=True, slots=True)
class _Start:
    """A start or a reply that waits for room: the key of its row, its name, and the ACUs that it asks for, or none.

    `text` is all that Devin is to read, and `files` come with it.
    """

    key: str
    cause: HeldCause
    title: str
    needs: Decimal
    text: str
    files: tuple[SlackFile, ...]


async def _start_of(job: CommandJob, tx: Transaction) -> _Start | None:
    """Return the person's start or reply that waits for room; None if it is gone, or something else waits."""
    key = _parts(job.cause.argument).start
    cause = await waiting_start(tx, key, job.workspace.team) if key else None
    return None if cause is None or cause.user != job.cause.user else await _read(tx, job.workspace, key, cause)


async def _needs(tx: Transaction, workspace: Workspace, key: str, cause: HeldCause) -> Decimal:
    """Return the ACUs that what waits asks for; 0 where any room is enough."""
    start = await _read(tx, workspace, key, cause)
    return Decimal(0) if start is None else start.needs


async def _read(tx: Transaction, workspace: Workspace, key: str, cause: HeldCause) -> _Start | None:
    if isinstance(cause, ActionCause):
        return await _press_of(key, cause, workspace.policy.wake_limits, tx)
    text = text_of(cause, workspace)
    if is_reply(cause):
        return _Start(key, cause, first_line(text), Decimal(0), text, cause.files)
    task = parse_task(text)
    request = parse_request(task)
    of_form = cause.options if isinstance(cause, CommandCause) else None
    acu = (of_form or request.options).acu
    needs = session_limit([workspace.policy.wake_limits.ceiling(acu)]) or 0
    return _Start(key, cause, first_line(request.prompt), Decimal(needs), task, cause.files)


async def _press_of(key: str, cause: ActionCause, limits: WakeLimits, tx: Transaction) -> _Start | None:
    """Return the press that has a session begin which goes on from another one."""
    session = await sessions.get(tx, cause.argument)
    if session is None:
        return None
    acu = limits.more(session) if cause.command == CONTINUE.name else session.options.acu
    kept = await kept_tasks.get(tx, session.id) or KeptTask("")
    return _Start(key, cause, session.title, Decimal(acu or 0), kept.text, kept.files)


async def _what(tx: Transaction, workspace: Workspace, start: _Start) -> tuple[str, list[Block]]:
    """Name and show what waits as all who get the request may read it: all that its digest covers."""
    cause, reply = start.cause, is_reply(start.cause)
    readers = Readers(workspace.policy.admin_channel or "")
    stand_in = (await ShownTitles.read(tx, workspace, readers)).replacement(cause.channel or "")
    what = (views.to_send if reply else views.to_start)(start.title, stand_in or "")
    if stand_in:
        return what, []
    fields = {"Reply" if reply else "Task": start.text}
    if isinstance(cause, MessageCause):
        fields["Forwarded messages"] = plain(cause.quoted)
    options = NO_OPTIONS if isinstance(cause, ActionCause) else cause.options
    return what, views.all_of(start.title, fields, start.files, options)


async def _waking(job: CommandJob, tx: Transaction) -> Waking | None:
    """Return the session that was not woken, with what it needs by now; None if it is about a start."""
    session_id = _parts(job.cause.argument).session
    session = await sessions.get(tx, session_id) if session_id else None
    if session is None or (session.team, session.channel) != (job.workspace.team, job.cause.channel):
        return None
    return Waking(session.id, may_still_use(session) or Decimal(0))


async def _may_ask(tx: Transaction, job: CommandJob, budget: Budget, parts: _Parts) -> bool:
    """Whether a refusal that the person read in that channel may have been about this subject of `budget`."""
    team, user, subject = job.workspace.team, job.cause.user, parts.subject
    start = await _start_of(job, tx)
    # A form is answered in a direct message, wherever the session is to be.
    channel = (start.cause.channel if start else job.cause.channel) or ""
    kind = budget.scope.kind
    if kind is ScopeKind.ORG:
        return not subject
    if budget.scope.subject not in {"", subject}:
        return False
    if kind in {ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL}:
        return subject == channel
    if kind is ScopeKind.EACH_SESSION:
        session = await sessions.get(tx, subject)
        return session is not None and (session.team, session.channel) == (team, channel)
    # A session there may be somebody else's, whose budget keeps it from being woken.
    return subject == user or bool(await sessions.of_person(tx, team, subject, channel=channel, limit=1))
