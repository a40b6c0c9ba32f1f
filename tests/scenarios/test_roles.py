"""Roles: who may start, steer and stop sessions, see what they cost and administer the bot, each time it is done."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.admins import Admins
from bot.domain.commands.spec import Role
from bot.domain.roles import EVERYONE, Right
from bot.features import COMMANDS, EVENTS
from bot.features.roles import sentences as roles
from bot.features.roles.words import Problem
from bot.timing import Timing
from bot.views.answers import access as access_sentences
from bot.views.questions import TOO_LATE_TO_UNDO
from tests.markup import written
from tests.scenarios.ahead import Ahead, recorded_changes, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, WEB, Harness, harness
from tests.scenarios.observations import (
    buttons,
    card_of,
    give_role,
    opened_home,
    settled,
    what_became_of,
)

GROUP, CAM = "S0SENIORS", "U0CAM"
ADMINS = Admins(frozenset({ADA}))


@pytest.fixture
def clock() -> Ahead:
    return Ahead()


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing, clock: Ahead
) -> AsyncIterator[Harness]:
    async with harness(tmp_path, transport, clock=clock, timing=timing, start=False, **database) as everything:
        await everything.slack.put_group(GROUP, handle="seniors", users=[BEN])
        await everything.slack.put_person(CAM, name="cam")
        await everything.slack.invite(GENERAL, CAM)
        await everything.start()
        yield everything


async def typed(on: Harness, text: str, user: str = ADA, channel: str = GENERAL) -> str:
    """What a command answers in the ack; whether to shut people out is answered with yes."""
    asked = (await on.slack.slash(user, channel, text))["shown"]
    if not asked:
        return ""
    if "Change it" not in buttons(asked):
        return str(asked["rendered"])
    await on.slack.click(user, channel, asked["ts"], "choose:role_add_confirmed")
    await settled(on)
    return (await what_became_of(on, asked))[0]


def refused(right: Right, *holders: str) -> str:
    return access_sentences.role_missing(right, holders, ADMINS).text


async def wait_for_group(on: Harness) -> None:
    async def is_read() -> bool:
        return bool(await rows(on, "user_group_members"))

    await until(is_read)


@pytest.mark.both_transports
async def test_roles_are_given_listed_and_taken_by_admins(on: Harness) -> None:
    assert await typed(on, "role add stop @ann") == roles.problem(Problem.PICKED).text
    given = f"role add stop <@{ANN}> <!subteam^{GROUP}>"
    assert await typed(on, given, ANN) == access_sentences.admins_only("give roles", ADMINS).text
    assert await typed(on, given) == roles.given_undoable(Right.STOP, "", [ANN, GROUP], 0).text
    assert await typed(on, given) == roles.all_have_it(Right.STOP).text
    assert await typed(on, f"role add stop <#{WEB}> everyone") == roles.given(Right.STOP, WEB, [EVERYONE]).text
    shown = await typed(on, "role list")
    assert f"*stop* (stop other people's sessions): <!subteam^{GROUP}>, <@{ANN}>" in shown
    assert f"*stop* in <#{WEB}>: everyone" in shown
    assert await typed(on, f"role remove stop <@{BEN}>") == (
        f"Only <!subteam^{GROUP}>, <@{ANN}>, and admins can stop other people's sessions. Nothing was changed."
    )
    assert await typed(on, f"role remove stop <@{ANN}>") == roles.given(Right.STOP, "", [GROUP]).text
    assert await typed(on, f"role remove stop <#{WEB}>") == roles.as_before(Right.STOP, WEB, [GROUP]).text
    assert await typed(on, "role remove stop") == roles.as_before(Right.STOP, "", None).text
    audit = [(row["action"], row["target"], row["user"]) for row in await recorded_changes(on)]
    assert audit == [
        ("role_add", "stop", ADA),
        ("role_add", f"stop {WEB}", ADA),
        ("role_remove", "stop", ADA),
        ("role_remove", f"stop {WEB}", ADA),
        ("role_remove", "stop", ADA),
    ]


async def test_who_shuts_people_out_is_asked_first_and_can_undo_it_for_a_minute(on: Harness, clock: Ahead) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, f"role add start <@{BEN}>"))["shown"]
    assert asked["rendered"].splitlines() == [
        f"Let only <@{BEN}> and admins start sessions? Right now, everyone can; the others will lose that right.",
        "Change it",
        "Cancel",
    ]
    assert await rows(on, "roles") == []
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:role_add_confirmed")
    await settled(on)
    said, shown = await what_became_of(on, asked)
    assert (said, shown) == (f"From now on, only <@{BEN}> and admins can start sessions.", ["Undo"])
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:role_undo")
    await settled(on)
    assert await what_became_of(on, asked) == (roles.as_before(Right.START, "", None).text, [])
    assert await rows(on, "roles") == []
    audit = [(row["action"], row["target"], row["after"]) for row in await recorded_changes(on)]
    assert audit == [("role_add", "start", {"holders": [BEN]}), ("role_undo", "start", None)]
    late = (await on.slack.slash(ADA, GENERAL, f"role add start <#{WEB}> <@{BEN}>"))["shown"]
    await on.slack.click(ADA, GENERAL, late["ts"], "choose:role_add_confirmed")
    await settled(on)
    clock.put(on.timing.undo + 2)
    await on.slack.click(ADA, GENERAL, late["ts"], "choose:role_undo")
    await on.slack.wait_for_ephemeral(ADA, TOO_LATE_TO_UNDO.text)
    assert len(await rows(on, "roles")) == 1


async def test_what_everyone_has_is_said_and_a_rule_is_opened_only_after_a_question(on: Harness) -> None:
    """The list says "everyone" where there is no rule, so that nothing may answer that they don't have the role."""
    assert "*start* (start sessions): everyone" in await typed(on, "role list")
    for words in (
        "role remove start everyone",
        "role remove start",
        f"role remove start <@{BEN}>",
        "role add start all",
    ):
        assert await typed(on, words) == (
            "Everyone can start sessions; no rule limits it. To limit it, name who can: `/devin role add start @ann`."
        )
    assert await rows(on, "roles") == []
    await typed(on, f"role add start <@{BEN}>")
    kept = (await on.slack.slash(ADA, GENERAL, "role remove start everyone"))["shown"]
    only = f"Only <@{BEN}> and admins can start sessions. Nothing was changed."
    assert kept["rendered"].splitlines() == [only, "Let everyone"]
    await on.slack.click(ADA, GENERAL, kept["ts"], "choose:role_add")
    asked = await on.slack.wait_for_ephemeral(ADA, "Let everyone start sessions?")
    assert asked["rendered"].splitlines() == [
        f"Let everyone start sessions? Right now, only <@{BEN}> and admins can.",
        "Change it",
        "Cancel",
    ]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:role_add_confirmed")
    await settled(on)
    assert await what_became_of(on, asked) == ("From now on, everyone can start sessions.", ["Undo"])
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:role_undo")
    await settled(on)
    assert await what_became_of(on, asked) == (f"From now on, only <@{BEN}> and admins can start sessions.", [])


async def test_who_may_not_start_starts_nothing_by_command_or_mention(on: Harness) -> None:
    await typed(on, f"role add start <@{BEN}>")
    await on.mention("fix the login test", ANN, GENERAL)
    await on.slack.wait_for_ephemeral(ANN, refused(Right.START, BEN))
    await on.slack.slash(ANN, GENERAL, "fix the other test")
    await on.slack.wait("responses", text=refused(Right.START, BEN))
    assert await on.devin.sessions() == []
    await on.started(user=BEN)
    await typed(on, "role remove start")
    await on.started("fix it after all", ANN)


async def test_a_role_of_a_channel_goes_before_that_of_everywhere(on: Harness) -> None:
    await typed(on, f"role add start <@{BEN}>")
    await typed(on, f"role add start <#{WEB}> <@{ANN}>")
    await on.mention("fix the login test", BEN, WEB)
    await on.slack.wait_for_ephemeral(BEN, refused(Right.START, ANN))
    await on.mention("fix the web test", ANN, WEB)
    await on.session("fix the web test")


async def test_others_may_not_write_to_a_session_and_who_asked_for_it_may(on: Harness) -> None:
    await typed(on, f"role add steer <!subteam^{GROUP}>")
    await wait_for_group(on)
    ts, _ = await on.started(user=ANN)
    await on.slack.say(CAM, GENERAL, "and the docs", thread_ts=ts)
    await on.slack.wait_for_ephemeral(CAM, refused(Right.STEER, GROUP))
    await on.slack.say(ANN, GENERAL, "fix the footer", thread_ts=ts)
    await on.devin.wait_for_messages("fix the footer")
    await on.slack.say(BEN, GENERAL, "by the group", thread_ts=ts)
    await on.devin.wait_for_messages("by the group")


async def test_others_may_not_stop_a_session_or_see_what_it_cost(on: Harness) -> None:
    await typed(on, f"role add stop <!subteam^{GROUP}>")
    await typed(on, f"role add cost <!subteam^{GROUP}>")
    ts = await on.mention("fix the login test acu=10", ANN)
    made = await on.session("fix the login test")
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    await on.slack.say(CAM, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_ephemeral(CAM, refused(Right.STOP, GROUP))
    await on.slack.say(CAM, GENERAL, "!cost", thread_ts=ts)
    await on.slack.wait_for_ephemeral(CAM, refused(Right.COST, GROUP))
    for user, shows in ((CAM, False), (BEN, True), (ANN, True)):
        await on.slack.say(user, GENERAL, "!status", thread_ts=ts)
        status = await on.slack.wait_for_ephemeral(user, "Started by")
        assert ("ACU" in status["rendered"]) is shows
    await on.devin.spend(made["session_id"], 1.5)
    home = await opened_home(on, ANN, "fix the login test")
    assert "*This cycle: " in written(home["blocks"])  # one's own
    assert "of 10 ACUs" in written(home["blocks"])
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Stopped")


# What needs no right: it shows what people may see there, is a person's own, or says itself who it is for.
NO_RIGHT = {
    *("list", "list_page", "status", "help", "insights", "settings", "settings_why", "identity", "admins", "role_list"),
    *("notify", "follow", "unfollow", "aside", "rate", "open_form", "recently_done"),
    *("stop_all", "stop_all_confirmed", "cancel_operation", "answer"),
    *("budget_list", "ask_for_more", "note_list", "note_show", "playbook_list", "playbook_show", "schedule_list"),
}
BY_NOBODY = {"app_home_opened", "link_shared"}  # they show a person's own list, and what full members may read


def test_each_way_to_act_is_declared_with_its_right() -> None:
    """A command is given by words, presses, forms, shortcuts and reactions alike, so its right is that of them all."""
    undeclared = {spec.name for spec in COMMANDS.specs if spec.right is None and spec.role is Role.EVERYBODY}
    assert undeclared == NO_RIGHT, "declare the right of a new command, or say here that it needs none"
    by_people = {name for name, event in EVENTS.items() if "user" in event.fields.values() and event.right is None}
    assert by_people == BY_NOBODY, "declare the right of a new event that people cause"


async def test_whoever_may_not_steer_turns_no_reminders_off_and_archives_nothing(on: Harness) -> None:
    ts, session = await on.started(user=ANN)
    await on.slack.say(CAM, GENERAL, "!archive", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(CAM, "Archive it?")
    await typed(on, f"role add stop <!subteam^{GROUP}>")
    await typed(on, f"role add steer <!subteam^{GROUP}>")
    await wait_for_group(on)
    await on.slack.click(CAM, GENERAL, asked["ts"], "choose:archive_confirmed")
    await on.slack.wait_for_ephemeral(CAM, refused(Right.STOP, GROUP))
    await on.slack.say(CAM, GENERAL, "!remind off", thread_ts=ts)
    await on.slack.wait_for_ephemeral(CAM, refused(Right.STEER, GROUP))
    assert not (await on.devin.session(session))["is_archived"]
    assert [row["no_reminders"] for row in await rows(on, "threads")] == [False]


async def test_a_name_that_was_typed_is_the_only_person_who_is_called_so(on: Harness) -> None:
    await on.slack.slash(BEN, GENERAL, "list")  # Slack has said who that is
    await on.mention("fix the login test", BEN)
    await settled(on)
    asked = (await on.slack.slash(ADA, GENERAL, "make ben an admin"))["shown"]
    assert buttons(asked) == ["Run role add administer @ben", "Start a session"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:role_add")
    await on.slack.wait_for_ephemeral(
        ADA, f"Let <@{BEN}> administer Devin Bridge? They can then see usage, set budgets, and give roles."
    )


async def test_who_administers_by_a_role_gives_roles_and_cannot_take_their_own(on: Harness) -> None:
    shown = (await on.slack.slash(ADA, GENERAL, f"role add administer <@{BEN}>"))["shown"]
    assert written(shown["blocks"]) == (
        f"Let <@{BEN}> administer Devin Bridge? They can then see usage, set budgets, and give roles."
    )
    assert buttons(shown) == ["Change it", "Cancel"]
    await on.slack.click(ADA, GENERAL, shown["ts"], "choose:role_add_confirmed")
    now = await on.slack.wait_for_ephemeral(ADA, f"From now on, <@{BEN}> and admins can administer Devin Bridge.")
    assert buttons(now) == ["Undo"]
    assert await typed(on, "role add administer everyone", BEN) == roles.problem(Problem.EVERYONE).text
    assert await typed(on, "role remove administer", BEN) == roles.NOT_YOURSELF.text
    assert await typed(on, f"role remove administer <@{ADA}>", BEN) == (
        "Nothing was changed. The settings name this admin. Your Devin Bridge operator can change `BOT_ADMIN_USERS`."
    )
    assert await typed(on, f"role remove administer <@{BEN}>") == roles.as_before(Right.ADMINISTER, "", None).text
    assert await typed(on, f"role add stop <@{BEN}>", BEN) == access_sentences.admins_only("give roles", ADMINS).text


async def test_a_member_reads_who_the_admins_are_and_which_roles_hold_where_they_ask(on: Harness) -> None:
    for place in (GENERAL, WEB):
        await give_role(on.slack, f"stop <#{place}> <@{ADA}>")
    assert await typed(on, "admins", ANN) == f"Admins of Devin Bridge: <@{ADA}>. Ask one for a role or for more budget."
    for words in ("who are the admins", "whom should I ask for more budget?", "list the admins"):
        asked = (await on.slack.slash(ANN, GENERAL, words))["shown"]
        assert written(asked["blocks"]) == "`/devin admins` might answer that. Nothing was started."
        assert buttons(asked) == ["Show admins", "Start a session"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:admins")
    await settled(on)
    assert await what_became_of(on, asked) == (roles.whom_to_ask(ADMINS).text, [])
    shown = await typed(on, "role list", ANN)
    assert f"• *administer* (see usage, set budgets, and give roles): <@{ADA}>" in shown
    assert f"• *stop* in <#{GENERAL}>: <@{ADA}>\n" in shown
    assert f"<#{WEB}>" not in shown
    assert f"• *stop* in <#{WEB}>: <@{ADA}>\n" in await typed(on, "role list")
    assert await typed(on, "admins", GUEST) == access_sentences.GUEST_REFUSED.text
    await on.slack.say(ANN, "im", "admins")
    await on.slack.wait_for_message("D0ANN", roles.whom_to_ask(ADMINS).text)


async def test_where_not_everyone_may_see_costs_the_card_the_end_and_the_list_show_none(on: Harness) -> None:
    await typed(on, f"role add cost <#{WEB}> <@{BEN}>")
    for channel, shows in ((WEB, False), (GENERAL, True)):
        ts, session = await on.started(f"fix the test of {channel}", channel=channel)
        await on.devin.spend(session, 1.5)
        await on.devin.say(session, "All tests pass.", status_detail="finished")
        end = await on.wait_for_post(channel, ts, "All tests pass.")
        shown = await card_of(on, ts, "Done", channel)
        listed = await typed(on, "list channel", ANN, channel)
        assert ["ACU" in text for text in (end["rendered"], shown, listed)] == [shows] * 3


async def test_where_not_everyone_may_see_costs_the_button_that_continues_a_session_names_none(on: Harness) -> None:
    await typed(on, f"role add cost <#{WEB}> <@{BEN}>")
    for channel, label in ((WEB, "Continue with more ACUs"), (GENERAL, "Continue with 5 more ACUs")):
        ts = await on.mention(f"fix the test of {channel} acu=5", channel=channel)
        made = await on.session(f"fix the test of {channel}")
        await on.devin.set(made["session_id"], status="suspended", status_detail="inactivity", acus_consumed=5.0)
        shown = await card_of(on, ts, "Asleep. Out of ACUs.", channel)
        assert label in shown
        assert ("5 of 5" in shown) is (channel == GENERAL)


async def test_a_file_gives_roles_that_go_before_those_that_admins_give(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    file = tmp_path / "bot.toml"
    file.write_text(f'[roles]\nstart = ["{GROUP}"]\n\n[channel.{WEB}.roles]\nstart = ["everyone"]\n')
    settings = {"BOT_SETTINGS_FILE": str(file)}
    async with harness(tmp_path, transport, timing=timing, start=False, **settings, **database) as on:
        await on.slack.put_group(GROUP, handle="seniors", users=[BEN])
        await on.start()
        await wait_for_group(on)
        assert await typed(on, f"role add start <@{ANN}>") == roles.set_by_file(Right.START).text
        await on.mention("fix the login test", ANN, GENERAL)
        await on.slack.wait_for_ephemeral(ANN, refused(Right.START, GROUP))
        await on.started("fix it in web", ANN, WEB)
        await typed(on, "fix the footer as a senior", BEN)
        await on.session("fix the footer as a senior")
        # Both are known by now, so that without the file the ack would confirm the start.
        assert not await typed(on, "fix the page", ANN)
        assert f"*start* (start sessions): <!subteam^{GROUP}>" in await typed(on, "role list")


async def test_another_word_for_add_offers_the_command_that_gives_the_role(on: Harness) -> None:
    shown = (await on.slack.slash(ADA, GENERAL, f"role give start <@{BEN}>"))["shown"]
    assert buttons(shown) == ["Run role add start @ben", "Start a session"]
    why = "`role` doesn't take `give start @ben`. Try `list`, `add`, or `remove`. Nothing was started."
    assert shown["rendered"].splitlines()[0] == why
    await on.slack.click(ADA, GENERAL, shown["ts"], "choose:role_add")
    asked = await on.slack.wait_for_ephemeral(ADA, "the others will lose that right.")
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:role_add_confirmed")
    await settled(on)
    assert f"*start* (start sessions): <@{BEN}>" in await typed(on, "role list")
