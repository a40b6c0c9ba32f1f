"""What admins read from Devin in one answer: its members, the names of its secrets, its metrics."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial

from bot.devin import paging
from bot.devin.models import Member
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.billing import Period, billing_day, bounds
from bot.domain.commands.devin_words import METRICS_PERIODS
from bot.domain.commands.picked import picked_person
from bot.domain.commands.quotation_marks import searched
from bot.domain.commands.spec import CommandSpec
from bot.domain.cycle import calendar_month
from bot.domain.periods import RefusedRange, Span, span_of_period
from bot.features.reads import sentences as views
from bot.features.reads.sentences import Metrics, Person
from bot.features.reads.specs import MEMBERS, METRICS, SECRET_ADD, SECRET_LIST
from bot.kernel.commands.asking import AskDevin
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.job import CommandJob
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import own_names
from bot.views.message import Message


class DevinReads:
    """Answers these commands."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        ask = AskDevin(self._services)
        return {
            MEMBERS: ask.handler(members),
            SECRET_LIST: ask.handler(secrets),
            SECRET_ADD: Handler(_where_to_add_secrets),
            METRICS: ask.handler(self._metrics),
        }

    async def _metrics(self, job: CommandJob) -> Message:
        period = Period(job.cause.argument or METRICS_PERIODS[0])
        return await metrics(job.workspace, period, self._services.clock(), partial(self._in_own_names, job.workspace))

    async def _in_own_names(self, workspace: Workspace, after: float, before: float) -> int:
        async with self._services.db.read() as tx:
            return await own_names.created_between(tx, workspace.organisation.id, after, before)


async def members(job: CommandJob) -> Message:
    """Name the members, or those with what was typed in name or address; count them where people are not named."""
    workspace, typed = job.workspace, job.cause.argument
    names = workspace.policy.shows_names
    if typed and not names:
        return views.NO_SEARCH
    if picked_person(typed):
        return views.NO_MENTION
    devin = workspace.organisation.devin
    found, has_more = await devin.members(paging.LISTED_PAGES)
    people = [_person(member, devin.org_id) for member in found]
    shown = views.members(people, searched(typed)) if names else views.member_counts(people)
    return Message(f"{shown.text}\n{views.cut(len(people))}") if has_more else shown


async def secrets(job: CommandJob) -> Message:
    """Name the secrets."""
    found = [secret.key async for secret in job.workspace.organisation.devin.secrets()]
    return views.secrets(found, SECRETS_PAGE)


async def _where_to_add_secrets(_asked: Asked) -> Message:
    return views.add_secret(SECRETS_PAGE)


async def metrics(
    workspace: Workspace, period: Period, now: float, in_own_names: Callable[[float, float], Awaitable[int]]
) -> Message:
    """Show what Devin counted on the finished days of the `period`.

    `in_own_names` counts the sessions of the bot between two instants that stand in people's own names at Devin.
    """
    today = billing_day(now)
    span = span_of_period(period, now, calendar_month(today), date.min)
    if isinstance(span, RefusedRange) or not span.counted:
        return views.nothing_finished(today)
    theirs = await in_own_names(bounds(span.counted[0])[0], bounds(span.counted[-1])[1])
    return views.metrics(await _counted(workspace.organisation, span, theirs))


async def _counted(organisation: Organisation, span: Span, in_own_names: int) -> Metrics:
    """Ask Devin for its counts. It has `in_own_names` sessions of the bot as those of people."""
    devin = organisation.devin
    first, last = span.counted[0], span.counted[-1]
    asked = bounds(first)[0], bounds(last)[1]
    own_id = await organisation.own_id()
    used, sessions = await devin.usage_metrics(*asked), await devin.session_metrics(*asked)
    pull_requests, people = await devin.pull_request_metrics(*asked), await devin.active_users(*asked)
    # Without its own id the bot would ask for everybody's.
    own = await devin.session_metrics(*asked, own_id) if own_id else None
    # Whose pull requests are the bot's it does not say, where some sessions stand in the names of people.
    own_requests = await devin.pull_request_metrics(*asked, own_id) if own_id and not in_own_names else None
    return Metrics(
        first,
        last,
        used=used.sessions_count,
        searches=used.searches_count,
        sessions=sessions.sessions_created_count,
        by_origin=sessions.sessions_created_by_origin,
        by_size=sessions.sessions_created_by_size,
        acus_per_session=sessions.avg_acus_per_session,
        pull_requests=pull_requests.prs_created_count,
        merged=pull_requests.prs_merged_count,
        closed=pull_requests.prs_closed_count,
        people=people.active_users,
        own_sessions=own.sessions_created_count + in_own_names if own else None,
        own_pull_requests=own_requests.prs_created_count if own_requests else None,
    )


def _person(member: Member, org_id: str) -> Person:
    # A role in another organisation of the enterprise says nothing about this one.
    here = [assigned.role.role_name for assigned in member.roles if assigned.org_id in {None, org_id}]
    return Person(member.name or "", member.email or "", tuple(dict.fromkeys(here)))
