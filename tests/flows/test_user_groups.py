"""The members of the user group of the admins: read, kept for a while, and not trusted when they are guests."""

import pytest
from structlog.testing import capture_logs

from bot.app import kernel_parts
from bot.conversation.session_card import SessionCard
from bot.domain.admins import Admins
from bot.domain.commands.registry import LIST
from bot.domain.person import Person
from bot.features import TABLES
from bot.features.usage.specs import USAGE
from bot.kernel.access import Access
from bot.kernel.gates import Gates
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.tasks import Kernel
from bot.kernel.unit_of_work import MOST_NOTIFIED
from bot.kernel.upkeep.user_groups import UserGroups
from bot.slack.client import Slack
from bot.slack.errors import GroupGone, PersonGone, ScopeMissing, SlackRateLimited, SlackUnreachable, TokenRefused
from bot.store.tables import outbox, people, user_group_members
from bot.timing import PRODUCTION
from bot.views.answers import access as access_sentences
from bot.views.message import Message
from tests.flows.conftest import TEAM
from tests.store.rows import NOW

ADA, ANN, BEN, EVE, GROUP = "U0ADA", "U0ANN", "U0BEN", "U0EVE", "S0ADMINS"
INTERVAL, RETRY, KNOWN = PRODUCTION.admins_interval, PRODUCTION.admins_retry, PRODUCTION.admins_known
METHOD = "usergroups.users.list"
OWN_COST = "`/devin cost` shows your own."


class Group(Slack):
    """A Slack with one user group, which answers with its members or with an error."""

    def __init__(self, *members):
        super().__init__("xoxb-test")
        self.members, self.error, self.person_errors, self.people_asked = {*members}, None, {}, []

    async def group_members(self, group_id):
        assert group_id == GROUP
        if self.error is not None:
            raise self.error
        return frozenset(self.members)

    async def person(self, user_id):
        self.people_asked.append(user_id)
        if user_id in self.person_errors:
            raise self.person_errors[user_id]
        return Person(user_id, user_id.lower())


class Replica:
    """One process of the bot, as far as it is about admins."""

    def __init__(self, services):
        self.services, self.access = services, Access(services)
        self.workspace = services.workspaces[TEAM]
        self.group = UserGroups(services, self.access)

    async def tick(self):
        return await self.group.tick(self.workspace)

    async def admins(self, *users):
        """Those of the users who may ask for figures."""
        return {user for user in users if await self.access.role_refusal(self.workspace, USAGE, user) is None}


@pytest.fixture
def slack():
    return Group(ANN, BEN)


@pytest.fixture
def replica(make, either_store, clock, slack):
    """Makes a process of the bot on one store, whose settings name Ada and the group."""
    clock.now = NOW

    def made(**policy):
        named = {"admin_channel": None, "admin_users": frozenset({ADA}), "admin_group": GROUP}
        return Replica(make(either_store, clock, slack=slack, **named | policy))

    return made


# ---------------------------------------------------------------- who is an admin


async def test_what_one_process_has_read_all_know(replica):
    one, other = replica(), replica()
    assert await other.admins(ADA, ANN, BEN) == {ADA}
    assert await one.tick() == INTERVAL
    assert await other.admins(ADA, ANN, BEN, EVE) == {ADA, ANN, BEN}


async def test_who_leaves_the_group_is_no_admin_after_the_next_reading(replica, slack, clock):
    bot = replica()
    await bot.tick()
    slack.members, clock.now = {BEN, EVE}, NOW + INTERVAL
    await bot.tick()
    assert await bot.admins(ADA, ANN, BEN, EVE) == {ADA, BEN, EVE}


@pytest.mark.parametrize(
    "change", [{"is_restricted": True}, {"is_ultra_restricted": True}, {"deleted": True}, {"is_stranger": True}]
)
async def test_members_who_are_guests_external_or_deactivated_are_no_admins(replica, change):
    bot = replica()
    await bot.tick()
    user = {"id": ANN, "team_id": TEAM, "name": "ann", "profile": {"display_name": "ann"}}
    await bot.access.refresh(bot.workspace, user | change)
    assert await bot.admins(ADA, ANN, BEN) == {ADA, BEN}
    await bot.tick()
    assert await bot.admins(ADA, ANN, BEN) == {ADA, BEN}


async def test_whom_slack_does_not_show_is_left_out(replica, slack):
    slack.person_errors[ANN] = PersonGone("user_not_found", "users.info")
    bot = replica()
    assert await bot.tick() == INTERVAL
    assert await bot.admins(ANN, BEN) == {BEN}


async def test_who_its_members_are_is_asked_again_after_an_hour(replica, slack, clock):
    bot = replica()
    for number in range(8):
        clock.now = NOW + number * INTERVAL
        await bot.tick()
    assert slack.people_asked == [ANN, BEN] * 2


async def test_where_no_group_is_named_slack_is_not_asked(replica, slack):
    slack.error = AssertionError("asked")
    bot = replica(admin_group=None)
    assert await bot.tick() == PRODUCTION.idle_tick
    assert await bot.admins(ADA, ANN) == {ADA}


async def test_members_of_a_group_that_the_settings_name_no_longer_are_no_admins(replica):
    await replica().tick()
    assert await replica(admin_group="S0OTHER").admins(ADA, ANN) == {ADA}
    assert await replica(admin_group=None).admins(ADA, ANN) == {ADA}


async def test_each_workspace_has_a_tick_of_its_own(replica):
    bot = replica()
    kernel = Kernel(bot.services, bot.access, Gates(), SharedChannels(bot.services))
    ticks = kernel_parts(kernel).ticks(TABLES, SessionCard)
    names = [name for tick in ticks for name, _ in tick.of_each(bot.services)]
    assert [name for name in names if name.startswith("user groups")] == [f"user groups:{TEAM}"]


# ---------------------------------------------------------------- what Slack does not say


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (SlackUnreachable(METHOD, "refused"), RETRY),
        (SlackRateLimited(7, METHOD), RETRY),
        (SlackRateLimited(300, METHOD), 300),
        (ScopeMissing("missing_scope", METHOD, "usergroups:read"), RETRY),
        (TokenRefused("token_revoked", METHOD), RETRY),
    ],
    ids=lambda value: getattr(value, "outcome", None),
)
async def test_while_slack_does_not_say_who_is_in_the_group_its_members_stay_admins_for_an_hour(
    replica, slack, clock, error, wait
):
    bot = replica()
    await bot.tick()
    slack.error, clock.now = error, NOW + KNOWN
    with capture_logs() as lines:
        assert [await bot.tick(), await bot.tick()] == [wait, wait]
    assert [(line["event"], line["error"]) for line in lines] == [("user group not read", error.outcome)]
    assert await bot.admins(ADA, ANN, BEN) == {ADA, ANN, BEN}
    clock.now += 1
    assert await bot.admins(ADA, ANN, BEN) == {ADA}
    slack.error = None
    with capture_logs() as lines:
        assert [await bot.tick(), await bot.tick()] == [INTERVAL, INTERVAL]
    assert [line["event"] for line in lines] == ["user group read again"]
    assert await bot.admins(ADA, ANN, BEN) == {ADA, ANN, BEN}


@pytest.mark.parametrize("word", ["no_such_subteam", "plan_upgrade_required"])
async def test_a_group_that_is_gone_or_disabled_makes_nobody_an_admin_from_then_on(replica, slack, either_store, word):
    bot = replica()
    await bot.tick()
    slack.error = GroupGone(word, METHOD)
    with capture_logs() as lines:
        assert [await bot.tick(), await bot.tick()] == [INTERVAL, INTERVAL]
    assert [(line["event"], line["error"]) for line in lines] == [("user group not read", word)]
    assert await bot.admins(ADA, ANN, BEN) == {ADA}
    assert await either_store.all(user_group_members.c.user) == []


async def test_a_rate_limit_in_the_middle_of_a_large_group_changes_nothing_and_loses_nothing(
    replica, slack, either_store
):
    bot = replica()
    await bot.tick()
    slack.members, slack.person_errors = {BEN, EVE, "U0FAY"}, {"U0FAY": SlackRateLimited(90, "users.info")}
    assert await bot.tick() == 90
    assert await bot.admins(ANN, BEN, EVE) == {ANN, BEN}
    assert await either_store.all(people.c.user) == [ANN, BEN, EVE]
    slack.person_errors = {}
    await bot.tick()
    assert await bot.admins(ANN, BEN, EVE, "U0FAY") == {BEN, EVE, "U0FAY"}
    assert slack.people_asked == [ANN, BEN, EVE, "U0FAY", "U0FAY"]


# ---------------------------------------------------------------- who reads what


async def test_who_is_refused_reads_whom_to_ask(replica):
    bot = replica()

    async def refused():
        return (await bot.access.role_refusal(bot.workspace, USAGE, EVE)).text

    admins = Admins(frozenset({"U0ADA"}))
    assert await refused() == access_sentences.admins_only("see usage figures", admins, OWN_COST).text
    await bot.tick()
    admins = Admins(frozenset({"U0ADA"}), ("S0ADMINS",), frozenset({"U0BEN"}))
    assert await refused() == access_sentences.admins_only("see usage figures", admins, OWN_COST).text


async def test_a_command_for_everybody_reads_no_row(replica, monkeypatch):
    bot = replica()
    monkeypatch.setattr(bot.services.db, "read", None)
    assert await bot.access.role_refusal(bot.workspace, LIST, EVE) is None


@pytest.mark.edge
async def test_without_a_channel_each_admin_is_informed_once_and_not_more_than_fifty(replica, either_store, slack):
    slack.members = {ADA, *(f"U{number:03}" for number in range(MOST_NOTIFIED))}
    bot = replica()
    await bot.tick()
    for _ in range(2):
        async with bot.services.unit_of_work() as uow:
            await uow.notify_admins(bot.workspace, "copied:s", Message("A copy."))
    informed = await either_store.all(outbox.c.channel)
    assert informed == [*(f"U{number:03}" for number in range(MOST_NOTIFIED - 1)), ADA]
    with_channel = replica(admin_channel="C0OPS")
    async with with_channel.services.unit_of_work() as uow:
        await uow.notify_admins(with_channel.workspace, "copied:t", Message("A copy."))
    assert (await either_store.all(outbox.c.channel))[0] == "C0OPS"
