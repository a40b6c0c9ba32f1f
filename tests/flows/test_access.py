"""How long what Slack says about a person counts, and what its events about people change."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.domain.person import Person
from bot.kernel.access import Access
from bot.slack.client import Identity, Slack
from bot.slack.errors import PersonGone, SlackRateLimited, SlackUnreachable
from bot.timing import PRODUCTION
from bot.views.answers import access as access_sentences
from tests.flows.conftest import TEAM, URL
from tests.store.rows import NOW

ANN = Person("U0ANN", "ann")
USER = {"id": "U0ANN", "team_id": TEAM, "name": "ann", "deleted": False, "profile": {"display_name": "ann"}}
CHECKED, KNOWN = PRODUCTION.person_checked, PRODUCTION.person_known


class People(Slack):
    """A Slack that answers about one person, or with an error, and counts how often it is asked."""

    def __init__(self, person=ANN):
        super().__init__("xoxb-test")
        self._identity = Identity(TEAM, "U0BOT", "B0BOT", URL, frozenset())
        self.person_there, self.error, self.asked, self.meanwhile = person, None, 0, None

    async def person(self, user_id):
        self.asked += 1
        if self.error is not None:
            raise self.error
        answer = self.person_there
        if self.meanwhile is not None:
            await self.meanwhile()
        return answer


class Known:
    """Access to a person who was looked up at `NOW`."""

    def __init__(self, services, slack):
        self.services, self.slack, self.access = services, slack, Access(services)
        self.workspace = services.workspaces[TEAM]


@pytest.fixture
async def known(make, store, clock):
    clock.now, slack = NOW, People()
    known = Known(make(store, clock, slack=slack), slack)
    assert await known.access.person(known.workspace, "U0ANN") == ANN
    assert slack.asked == 1
    return known


# ---------------------------------------------------------------- how long it counts


async def test_who_starts_or_stops_something_is_asked_about_again_after_a_minute_and_others_after_an_hour(known, clock):
    access, slack, ann = known.access, known.slack, (known.workspace, "U0ANN")
    clock.now = NOW + CHECKED
    await access.checked_person(*ann)
    assert slack.asked == 1
    clock.now = NOW + CHECKED + 1
    await access.person(*ann)
    assert slack.asked == 1
    slack.person_there = gone = replace(ANN, deleted=True)
    assert await access.checked_person(*ann) == gone
    assert slack.asked == 2
    clock.now += KNOWN + 1
    await access.person(*ann)
    assert slack.asked == 3


@pytest.mark.parametrize("error", [SlackRateLimited(30, "users.info"), SlackUnreachable("users.info", "refused")])
async def test_a_stop_does_not_wait_for_slack_to_say_more_and_a_start_does(known, clock, error):
    known.slack.error, clock.now = error, NOW + KNOWN
    assert (await known.access.checked_person(known.workspace, "U0ANN", stops=True)).name == "ann"
    with pytest.raises(type(error)):
        await known.access.checked_person(known.workspace, "U0ANN")
    clock.now += 1
    with pytest.raises(type(error)):
        await known.access.checked_person(known.workspace, "U0ANN", stops=True)


async def test_nobody_stops_anything_whom_slack_does_not_show_any_more(known, clock):
    known.slack.error, clock.now = PersonGone("user_not_found", "users.info"), NOW + CHECKED + 1
    with pytest.raises(PersonGone):
        await known.access.checked_person(known.workspace, "U0ANN", stops=True)


async def test_an_ack_takes_a_member_as_known_for_an_hour_and_a_guest_for_a_minute(known, clock):
    ann = (known.workspace, "U0ANN")
    clock.now = NOW + KNOWN
    assert (await known.access.known_person(*ann)).name == "ann"
    known.slack.person_there = replace(ANN, is_guest=True)
    clock.now += 1
    await known.access.person(*ann)
    assert (await known.access.known_person(*ann)).is_guest
    clock.now += CHECKED
    assert (await known.access.known_person(*ann)).is_guest
    clock.now += 1
    assert await Access(known.services).known_person(*ann) is None, "a member by now, perhaps"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, None),
        ({"deleted": True}, access_sentences.DEACTIVATED_REFUSED),
        ({"deleted": True, "is_guest": True}, access_sentences.DEACTIVATED_REFUSED),
        ({"is_guest": True}, access_sentences.GUEST_REFUSED),
        ({"is_external": True}, access_sentences.OTHER_COMPANY_REFUSED),
    ],
)
async def test_who_is_refused_and_why(known, facts, sentence):
    assert known.access.refusal(replace(ANN, **facts), shared=False) == sentence
    assert known.access.refusal(replace(ANN, **facts), shared=True) == access_sentences.SHARED_CHANNEL_REFUSED


# ---------------------------------------------------------------- events about people


async def test_acks_read_once_in_a_while_that_nobody_is_stored_until_somebody_is(known, monkeypatch):
    read, opened = known.services.db.read, []

    @asynccontextmanager
    async def counted():
        opened.append("read")
        async with read() as tx:
            yield tx

    monkeypatch.setattr(known.services.db, "read", counted)
    assert [await known.access.known_person(known.workspace, "U0BEN") for _ in range(3)] == [None] * 3
    assert opened == ["read"]
    known.slack.person_there = Person("U0BEN", "ben")
    await known.access.person(known.workspace, "U0BEN")
    assert await known.access.known_person(known.workspace, "U0BEN") is not None


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"deleted": True}, "deleted"),
        ({"is_restricted": True}, "is_guest"),
        ({"is_ultra_restricted": True}, "is_guest"),
        ({"is_stranger": True}, "is_external"),
        ({"is_admin": True}, "is_admin"),
    ],
)
async def test_what_an_event_changes_counts_at_once_and_slack_is_not_asked(known, clock, change, fact):
    await known.access.known_person(known.workspace, "U0ANN")  # at hand in memory
    clock.now = NOW + CHECKED + 1
    await known.access.refresh(known.workspace, USER | change)
    for find in (known.access.known_person, known.access.checked_person):
        assert getattr(await find(known.workspace, "U0ANN"), fact)
    assert known.slack.asked == 1


async def test_a_burst_of_changed_statuses_and_of_people_who_are_not_known_writes_nothing(known, monkeypatch):
    @asynccontextmanager
    async def no_write(**_):
        raise AssertionError("a transaction that writes")
        yield

    monkeypatch.setattr(known.services.db, "write", no_write)
    for number in range(50):
        profile = USER["profile"] | {"status_text": f"on train {number}", "status_emoji": ":train:"}
        await known.access.refresh(known.workspace, USER | {"profile": profile, "updated": 1_700_000_000 + number})
        await known.access.refresh(known.workspace, USER | {"id": f"U{number}", "deleted": True})
    assert known.slack.asked == 1


async def test_an_answer_that_was_on_its_way_when_the_event_came_does_not_undo_the_event(known, clock):
    async def is_deactivated():
        clock.now += 0.1
        await known.access.refresh(known.workspace, USER | {"deleted": True})

    known.slack.meanwhile, clock.now = is_deactivated, NOW + CHECKED + 1
    assert (await known.access.checked_person(known.workspace, "U0ANN")).deleted
    assert (await known.access.known_person(known.workspace, "U0ANN")).deleted
