"""Sessions and replies stand in a person's own name at Devin, where their addresses match and Devin takes it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.identity import LinkState
from bot.features.identity import sentences as views
from bot.timing import Timing
from bot.views.answers import identities as identity_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import starts as start_sentences
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, Harness, harness

ANNS, BENS = "email|ann", "email|ben"


@pytest.fixture
async def on(tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing) -> AsyncIterator[Harness]:
    """A bot at whose Devin Ann is a member, by her address in Slack."""
    async with harness(tmp_path, transport, timing=timing, **database) as everything:
        await everything.slack.put_person(ANN, email="Ann@acme.test")
        await everything.slack.put_person(BEN, email="ben@acme.test")
        await everything.devin.add_member(ANNS, "ann@acme.test", "Ann")
        yield everything


def said(state: LinkState) -> str:
    return identity_sentences.EXPLANATIONS[state].text


async def private(on: Harness, user: str, state: LinkState) -> int:
    """How often somebody was informed of this."""
    return len(await on.slack.ephemerals(user=user, text=said(state)))


async def started(on: Harness, prompt: str, user: str = ANN) -> dict[str, Any]:
    await on.mention(prompt, user, GENERAL)
    return await on.session(prompt)


def owner(made: dict[str, Any]) -> tuple[str | None, bool]:
    return made["user_id"], bool(made["service_user_id"])


@pytest.mark.both_transports
async def test_a_session_stands_in_the_name_of_who_asked_for_it_and_they_read_so_once(on: Harness) -> None:
    assert owner(await started(on, "fix the first test")) == (ANNS, False)
    await on.slack.wait_for_ephemeral(ANN, said(LinkState.LINKED))
    assert owner(await started(on, "fix the second test")) == (ANNS, False)
    ts, _ = await on.started("fix the third test", ANN)
    assert await on.slack.messages(GENERAL, thread_ts=ts)
    assert await private(on, ANN, LinkState.LINKED) == 1


async def test_who_is_unknown_at_devin_works_in_the_bots_name_and_reads_so_once_where_others_do_not(
    on: Harness,
) -> None:
    assert owner(await started(on, "fix the one test", BEN)) == (None, True)
    await started(on, "fix the two test", ANN)
    await on.slack.wait_for_ephemeral(ANN, said(LinkState.LINKED))
    await started(on, "fix the three test", BEN)
    await on.slack.wait_for_ephemeral(BEN, said(LinkState.UNKNOWN))
    await started(on, "fix the four test", BEN)
    assert await private(on, BEN, LinkState.UNKNOWN) == 1


@pytest.mark.parametrize("missing", ["ImpersonateOrgSessions", "ViewOrgMembership"])
async def test_without_a_permission_everybody_works_in_the_bots_name_and_reads_nothing(
    on: Harness, missing: str
) -> None:
    await on.devin.permissions(revoke=[missing])
    assert owner(await started(on, "fix the one test")) == (None, True)
    assert owner(await started(on, "fix the two test")) == (None, True)
    assert len(await on.devin.sessions()) == 2
    assert len(await on.devin.log("create_session")) <= 3, "refused once, and then not asked again"
    assert sum([await private(on, ANN, state) for state in identity_sentences.EXPLANATIONS]) == 0


async def test_who_may_use_devin_no_more_starts_once_in_the_bots_name_and_reads_so_once(on: Harness) -> None:
    await on.devin.add_member(BENS, "ben@acme.test", "Ben", can_use_devin=False)
    assert owner(await started(on, "fix the one test", BEN)) == (None, True)
    await on.slack.wait_for_ephemeral(BEN, said(LinkState.INVALID))
    assert owner(await started(on, "fix the two test", BEN)) == (None, True)
    assert len(await on.devin.sessions()) == 2
    assert await private(on, BEN, LinkState.INVALID) == 1
    (identity,) = await rows(on, "identities")
    assert (identity["state"], identity["devin_user"]) == ("invalid", BENS)


@pytest.mark.timing(identity_retry=0.5)
async def test_who_was_refused_is_looked_up_again_later(on: Harness) -> None:
    await started(on, "fix the one test", BEN)
    await on.devin.add_member(BENS, "ben@acme.test", "Ben")

    async def is_linked() -> bool:
        made = await started(on, f"fix the test again {len(await on.devin.sessions())}", BEN)
        return owner(made) == (BENS, False)

    await until(is_linked)


async def test_a_session_whose_answer_got_lost_is_found_in_the_persons_name(on: Harness) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    ts = await on.mention("fix the lost test", ANN)
    await on.session("fix the lost test")
    await on.slack.wait_for_message(GENERAL, "", thread_ts=ts)

    async def is_open() -> bool:
        return [row["lifecycle"] for row in await rows(on, "sessions")] == ["open"]

    await until(is_open)
    assert [owner(made) for made in await on.devin.sessions()] == [(ANNS, False)]


async def test_where_tags_are_refused_sessions_stay_the_bots_own(on: Harness) -> None:
    await on.devin.switch(tags_refused=True)
    assert owner(await started(on, "fix the one test")) == (None, True)
    assert owner(await started(on, "fix the two test")) == (None, True)
    assert await private(on, ANN, LinkState.LINKED) == 0


async def test_a_reply_stands_in_the_name_of_its_author_in_a_session_of_somebody_else(on: Harness) -> None:
    await on.devin.add_member(BENS, "ben@acme.test", "Ben")
    ts, made = await on.started("fix the login test", ANN)
    await on.slack.say(BEN, GENERAL, "and the docs", thread_ts=ts)
    await on.devin.wait_for_messages("and the docs")
    (call,) = await on.devin.log("send_message")
    assert call["body"]["message_as_user_id"] == BENS
    await on.slack.wait_for_ephemeral(BEN, said(LinkState.LINKED))
    assert owner(await on.devin.session(made)) == (ANNS, False)


async def test_a_reply_that_devin_refuses_in_a_persons_name_is_not_sent_in_the_bots_to_somebody_elses_session(
    on: Harness,
) -> None:
    await on.devin.add_member(BENS, "ben@acme.test", "Ben", can_use_devin=False)
    ts, _ = await on.started("fix the login test", ANN)
    for number in (1, 2):  # refused by Devin, then known to be refused
        await on.slack.say(BEN, GENERAL, "also fix the docs", thread_ts=ts)
        await until_told(on, BEN, reply_sentences.NAME_REFUSED.text, number)
    assert [call["body"].get("message_as_user_id") for call in await on.devin.log("send_message")] == [BENS]
    assert await private(on, BEN, LinkState.INVALID) == 0


async def until_told(on: Harness, user: str, words: str, times: int) -> None:
    async def is_told() -> bool:
        return len(await on.slack.ephemerals(user=user, text=words)) == times

    await until(is_told)


async def test_in_their_own_session_it_is_sent_once_in_the_bots(on: Harness) -> None:
    await on.devin.add_member(BENS, "ben@acme.test", "Ben")
    ts, _ = await on.started("fix the login test", BEN)
    await on.devin.add_member(BENS, "ben@acme.test", "Ben", can_use_devin=False)
    await on.slack.say(BEN, GENERAL, "also fix the docs", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, said(LinkState.INVALID))
    assert len(await on.devin.wait_for_messages("also fix the docs")) == 1
    assert [call["body"].get("message_as_user_id") for call in await on.devin.log("send_message")] == [BENS, None]


async def test_where_the_bots_name_may_not_stand_in_nothing_starts_for_whom_devin_refuses(on: Harness) -> None:
    await on.stop()
    on.environment["BOT_REPEAT_AS_BOT"] = "off"
    await on.start()
    await on.devin.add_member(BENS, "ben@acme.test", "Ben", can_use_devin=False)
    for _ in range(2):  # refused by Devin, then known to be refused
        ts = await on.mention("fix the login test", BEN, GENERAL)
        await on.wait_for_post(GENERAL, ts, start_sentences.NAME_REFUSED.text)
    assert await on.devin.sessions() == []


@pytest.mark.timing(identity_retry=0.2, identity_check=0.1, identity_asked=0.5)
@pytest.mark.parametrize("repeats", ["on", "off"])
async def test_who_is_no_member_at_devin_any_more_does_not_work_on_through_slack(on: Harness, repeats: str) -> None:
    await on.stop()
    on.environment["BOT_REPEAT_AS_BOT"] = repeats
    await on.start()
    await on.devin.add_member(BENS, "ben@acme.test", "Ben")
    ts, _ = await on.started("fix the login test", ANN)
    await on.slack.say(BEN, GENERAL, "and the docs", thread_ts=ts)
    await on.devin.wait_for_messages("and the docs")
    await on.devin.add_member(BENS, None, "Ben")  # nobody has his address any more

    async def is_known_to_be_removed() -> bool:
        return [row["state"] for row in await rows(on, "identities", user=BEN)] == [LinkState.INVALID]

    await until(is_known_to_be_removed)
    await on.slack.say(BEN, GENERAL, "and the tests", thread_ts=ts)
    await until_told(on, BEN, reply_sentences.NAME_REFUSED.text, 1)
    assert [call["body"]["message_as_user_id"] for call in await on.devin.log("send_message")] == [BENS]
    own = await on.mention("fix the menu", BEN, GENERAL)
    if repeats == "off":
        await on.wait_for_post(GENERAL, own, start_sentences.NAME_REFUSED.text)
        assert len(await on.devin.sessions()) == 1
    else:  # in a session of one's own the bot's name may stand in, and its owner reads so
        assert owner(await on.session("fix the menu")) == (None, True)
        await on.slack.wait_for_ephemeral(BEN, said(LinkState.INVALID))


async def typed(on: Harness, text: str, user: str = ADA) -> str:
    """What a command answers in the ack."""
    return str((await on.slack.slash(user, GENERAL, text))["shown"]["rendered"])


async def set_by_admin(on: Harness, text: str, answer: str) -> None:
    await on.slack.slash(ADA, GENERAL, text)
    await on.slack.wait("responses", text=answer)


async def test_an_admin_sets_and_takes_away_who_somebody_is(on: Harness) -> None:
    assert await typed(on, "identity", BEN) == views.NOT_LOOKED_UP.text
    await set_by_admin(on, f"identity set <@{GUEST}> ann@acme.test", views.OUTSIDER.text)
    await set_by_admin(on, f"identity set <@{BEN}> x@acme.test", views.nobody("x@acme.test").text)
    await set_by_admin(on, f"identity set <@{BEN}> {ANNS}", views.linked(BEN, ANNS).text)
    assert owner(await started(on, "fix the first test", BEN)) == (ANNS, False)
    await on.slack.wait_for_ephemeral(BEN, said(LinkState.LINKED))
    await set_by_admin(on, f"identity unset <@{BEN}>", views.unlinked(BEN).text)
    assert owner(await started(on, "fix the second test", BEN)) == (None, True)
    assert "unlinked" in await typed(on, "identity", BEN)
    audit = [(row["action"], row["target"]) for row in await rows(on, "audit") if row["action"] != "start_session"]
    assert audit == [("identity_set", BEN), ("identity_unset", BEN)]


async def test_a_link_is_looked_up_again_once_the_address_is_another_one_and_is_in_the_audit(on: Harness) -> None:
    assert owner(await started(on, "fix the first test")) == (ANNS, False)
    await on.slack.put_person(ANN, email="someone.else@acme.test")
    changed = [row["at"] for row in await rows(on, "identities")]

    async def is_due() -> bool:
        return [row["at"] for row in await rows(on, "identities")] == [0.0]

    assert changed
    await until(is_due)
    assert owner(await started(on, "fix the second test")) == (None, True)
    found = [row for row in await rows(on, "audit") if row["action"] == "identity_by_email"]
    assert [row["after"]["devin_user"] for row in found] == [ANNS, None]


@pytest.mark.timing(identity_retry=0.2, identity_check=0.1, identity_asked=0.5)
async def test_a_link_is_checked_by_the_clock_and_holds_as_it_was_while_devin_does_not_answer(on: Harness) -> None:
    assert owner(await started(on, "fix the first test")) == (ANNS, False)
    await on.devin.fault("list_users", 503, times=-1)
    assert owner(await started(on, "fix the second test")) == (ANNS, False)
    await on.devin.add_member(ANNS, "ann.smith@acme.test", "Ann")
    await on.devin.clear_faults()

    async def is_found() -> bool:
        return [row["state"] for row in await rows(on, "identities")] == ["invalid"]

    await until(is_found)  # without a start or a reply
    assert owner(await started(on, "fix the third test")) == (None, True)
    found = [row for row in await rows(on, "audit") if row["action"] == "identity_by_email"]
    assert [row["after"]["devin_user"] for row in found] == [ANNS, None]


async def test_of_two_people_with_one_devin_user_neither_acts_in_that_name_and_admins_read_so_once(on: Harness) -> None:
    assert owner(await started(on, "fix the first test")) == (ANNS, False)
    await set_by_admin(on, f"identity set <@{BEN}> {ANNS}", views.linked(BEN, ANNS).text)
    assert owner(await started(on, "fix the second test", BEN)) == (None, True)
    assert owner(await started(on, "fix the third test", ANN)) == (None, True)
    posted = [row for row in await rows(on, "outbox") if "identity-shared" in row["key"]]
    assert len(posted) == 1
    await set_by_admin(on, f"identity unset <@{BEN}>", views.unlinked(BEN).text)
    assert owner(await started(on, "fix the fourth test", ANN)) == (ANNS, False)


@pytest.mark.edge
async def test_a_guest_is_never_looked_up(on: Harness) -> None:
    await on.mention("fix the login test", GUEST, GENERAL)
    await on.slack.wait_for_ephemeral(GUEST, "Guests")
    assert await rows(on, "identities") == []
