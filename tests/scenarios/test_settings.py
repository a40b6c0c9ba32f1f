"""Settings of people and channels: the form, who may change what, the file, and where each value comes from."""

import time
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.connect import StartError
from bot.domain.defaults import Gone
from bot.domain.settings_values import Effective, Scope, Setting, Source
from bot.features.settings import sentences as views
from bot.store import settings as setting_rows
from bot.views.announcements import QUESTION
from bot.views.answers import access as access_sentences
from bot.views.answers import notifications as notification_sentences
from bot.views.answers import starts as start_sentences
from bot.views.modals.parts import OTHER_VERSION
from tests.scenarios.ahead import TEAM, recorded_changes, rows
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, GUEST, WEB, Harness, harness
from tests.scenarios.observations import settled


async def opened(on: Harness, text: str = "settings", user: str = ANN, channel: str = GENERAL) -> dict[str, Any]:
    """The form that somebody sees who types a command."""
    assert (await on.slack.slash(user, channel, text))["shown"] is None
    return await view(on, user)


async def view(on: Harness, user: str = ANN) -> dict[str, Any]:
    """The modal that somebody sees, once it has its fields or a sentence."""
    (shown,) = await on.slack.wait("views", user=user, open=True)
    if "Loading…" in str(shown["blocks"]):
        await on.slack.wait_for_call("views.update", text=shown["id"])
        (shown,) = await on.slack.views(user=user, open=True)
    assert shown["title"]["text"] == "Settings"
    return shown


def fields(shown: dict[str, Any]) -> dict[str, str]:
    """What the fields of the form hold at first, by their names."""
    found = {}
    for block in shown["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            picked = element.get("initial_options") or [element.get("initial_option") or {}]
            found[block["block_id"]] = picked[0].get("value", element.get("initial_value"))
    return found


async def offered(on: Harness, shown: dict[str, Any], field: str, typed: str) -> dict[str, str]:
    """What a menu of the form offers for what was typed into it: values and their words."""
    answer = await on.slack.suggest(ANN, shown["id"], field, typed)
    return {option["value"]: option["text"]["text"] for option in answer["answer"]["options"]}


def texts(shown: dict[str, Any]) -> list[str]:
    """What the form says besides its fields."""
    return [block["text"]["text"] for block in shown["blocks"] if "text" in block]


async def sent(on: Harness, shown: dict[str, Any], user: str = ANN, **values: str) -> dict[str, Any]:
    """Fill in fields, each named with two underscores for its point, and send the form."""
    filled: dict[str, Any] = {}
    for name, value in ((name.replace("__", "."), value) for name, value in values.items()):
        several = name.endswith(".repos")  # of which a menu takes several
        filled[name] = {name: value.replace(",", " ").split() if several else value}
    return await on.slack.submit_view(user, shown["id"], filled)


async def saved(on: Harness, text: str, user: str = ANN, channel: str = GENERAL, **values: str) -> str:
    """What somebody reads who opens the form, fills it in and sends it."""
    shown = await opened(on, text, user, channel)
    before = len(await on.slack.messages(direct(user)))
    assert (await sent(on, shown, user, **values))["closed"] is True
    return str((await on.slack.wait("messages", before + 1, channel=direct(user)))[-1]["rendered"])


def direct(user: str) -> str:
    return f"D0{user[2:]}"


async def why(on: Harness, user: str = ANN, channel: str = GENERAL) -> str:
    return str((await on.slack.slash(user, channel, "settings why"))["shown"]["rendered"])


async def stored(on: Harness) -> set[tuple[str, str, str, Any, str]]:
    found = await rows(on, "settings")
    return {(one["scope"], one["subject"], one["key"], str(one["value"]), one["who"]) for one in found}


async def put_default(on: Harness, scope: Scope, subject: str, setting: Setting, value: str | int) -> None:
    """Store a default that Devin had when it was set."""
    async with on.store.write() as tx:
        await setting_rows.put(tx, TEAM, scope, subject, setting, value, ADA, time.time())


# ---------------------------------------------------------------- mine


@pytest.mark.both_transports
async def test_people_set_what_holds_for_them(on: Harness) -> None:
    shown = await opened(on)
    assert {name.split(".")[0] for name in fields(shown)} == {"person"}
    assert (fields(shown)["person.mode"], fields(shown)["person.limit"]) == (None, None)
    assert (await sent(on, shown, person__mode="fast", person__limit="10", person__repos="acme/web acme/api"))["closed"]
    said = await on.slack.wait_for_message(direct(ANN), "Saved.")
    assert said["rendered"] == (
        "Saved.\n*Mine*\n• Repositories: `acme/web, acme/api`\n• Mode: `fast`\n• ACU limit: `10`"
    )
    assert (await on.slack.wait_for_ephemeral(ANN, "Saved."))["rendered"] == said["rendered"]
    again = fields(await opened(on, "settings mine"))
    assert (again["person.mode"], again["person.limit"]) == ("fast", "10")
    assert "• *Mode*: `fast` (set by you)" in await why(on)
    assert "• *Mode*: none (default)" in await why(on, BEN)


@pytest.mark.parametrize("limit", ["ten", "acu=10", "acu=ten"])
async def test_a_limit_may_be_a_word_or_as_it_is_typed_with_a_task(on: Harness, limit: str) -> None:
    assert await saved(on, "settings", person__limit=limit) == "Saved.\n*Mine*\n• ACU limit: `10`"


async def test_a_field_that_cannot_be_taken_says_what_can(on: Harness) -> None:
    shown = await opened(on)
    answer = await sent(on, shown, person__limit="many", person__repos="web", person__quiet="nights")
    assert answer["errors"] == {
        "person.repos": "Write repositories as owner/name, such as acme/web, not “web”.",
        "person.limit": "Write the limit as a whole number of ACUs above zero, such as 10.",
        "person.quiet": "Write quiet hours from start to end, such as 10 PM - 7 AM.",
    }
    assert await stored(on) == set()


async def test_what_is_emptied_is_no_longer_set(on: Harness) -> None:
    await saved(on, "settings", person__mode="fast", person__limit="10")
    assert await saved(on, "settings", person__mode="-", person__limit="") == (
        "Saved.\n*Mine*\n• Mode: none\n• ACU limit: none"
    )
    assert await stored(on) == set()
    assert await saved(on, "settings") == views.NOTHING_CHANGED.text


async def test_mentions_are_one_setting_wherever_they_are_set(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, "notify done")
    assert fields(await opened(on))["person.notify"] == "done"
    await on.slack.close_view(ANN, (await view(on))["id"])
    await saved(on, "settings", person__notify="off")
    answer = (await on.slack.slash(ANN, GENERAL, "notify"))["shown"]["rendered"]
    assert answer.startswith("You're not mentioned in all sessions.")
    assert await stored(on) == {("person", ANN, "notify", "off", ANN)}


async def test_defaults_are_picked_from_the_menus_of_the_form_for_a_start(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web", "github.com/acme/api"]
    await on.devin.add_playbook("Release, then tag", "1. Write them.", macro="!release")
    shown = await opened(on, "settings mine")
    assert await offered(on, shown, "person.repos", "api") == {"acme/api": "acme/api"}
    assert await offered(on, shown, "person.repos", "acme/docs") == {"acme/docs": "acme/docs"}
    picked = {"-": "None", "Release, then tag": "Release, then tag (!release)"}
    assert await offered(on, shown, "person.playbook", "") == picked
    assert await offered(on, shown, "person.mode", "swe-3") == {"swe-3": "swe-3"}
    filled = {"person.repos": ["acme/web", "acme/api"], "person.playbook": "Release, then tag", "person.mode": "swe-3"}
    answer = await on.slack.submit_view(ANN, shown["id"], {name: {name: value} for name, value in filled.items()})
    assert answer["closed"] is True
    said = await on.slack.wait_for_message(direct(ANN), "Saved.")
    assert said["rendered"] == (
        "Saved.\n*Mine*\n• Repositories: `acme/web, acme/api`\n• Playbook: `Release, then tag`\n• Mode: `swe-3`"
    )
    assert await saved(on, "settings mine") == views.NOTHING_CHANGED.text  # what it shows is what is set
    assert await saved(on, "settings mine", person__playbook="-", person__mode="-") == (
        "Saved.\n*Mine*\n• Playbook: none\n• Mode: none"
    )


async def test_where_devin_lists_nothing_a_menu_says_so_and_takes_what_is_typed(on: Harness) -> None:
    for route in ("list_repositories", "list_playbooks"):
        await on.devin.fault(route, 403, times=9)
    shown = await opened(on)
    assert await offered(on, shown, "person.playbook", "") == {
        "-": "None",
        "?": "Devin Bridge's key can't list playbooks. Type a playbook ID.",
    }
    answer = await sent(on, shown, person__playbook="?", person__repos="?")
    assert answer["errors"] == {
        "person.playbook": "Pick a playbook, or leave this empty.",
        "person.repos": "Write repositories as owner/name, such as acme/web, not “?”.",
    }
    assert await offered(on, shown, "person.repos", "acme/web") == {"acme/web": "acme/web"}
    assert (await sent(on, shown, person__playbook="", person__repos="acme/web"))["closed"] is True
    await on.slack.wait_for_message(direct(ANN), "• Repositories: `acme/web`")


# ---------------------------------------------------------------- the channel


async def test_admins_set_what_holds_for_everybody_in_a_channel(on: Harness) -> None:
    said = await saved(on, "settings channel", ADA, channel__mode="lite", channel__turns="mentions")
    replies = "only replies that mention Devin Bridge"
    assert said == f"Saved.\n*<#C0GENERAL>*\n• Mode: `lite`\n• Replies sent to Devin: {replies}"
    await saved(on, "settings", person__mode="fast")
    shown = await why(on)
    assert "• *Mode*: `lite` (set for this channel)" in shown
    assert (
        f"• *Replies sent to Devin*: {replies} (set for this channel)\n"
        "• *Devin's posts*: everything Devin says (default)\n"
        "• *Sessions from alerts per hour*: `10` (default)\n• *ACU limit of alerts*: `10` (default)\n"
        "• *Reminders*: on (default)\n"
    ) in shown
    assert shown.startswith("Your settings in this channel:\n")
    assert shown.endswith(
        "\nChange yours with `/devin settings mine`. Admins and the channel's creator can change the rest "
        "with `/devin settings channel`."
    )
    assert "• *Mode*: `fast` (set by you)" in await why(on, channel=WEB)
    assert "• *Mode*: `fast` (set by you)" in await why(on, channel=direct(ANN))
    (audited,) = await recorded_changes(on)
    assert (audited["user"], audited["action"], audited["channel"]) == (ADA, "settings", GENERAL)
    assert (audited["before"], audited["after"]) == (None, {"mode": "lite", "turns": "mentions"})


async def test_who_created_a_channel_sets_what_holds_in_it(on: Harness) -> None:
    on.simulated_slack.state.world.channels[WEB].creator = BEN
    both = fields(await opened(on, "settings", BEN, WEB))
    assert {name.split(".")[0] for name in both} == {"person", "channel"}
    await on.slack.close_view(BEN, (await view(on, BEN))["id"])
    await saved(on, "settings channel", BEN, WEB, channel__tags="web")
    assert await stored(on) == {("channel", WEB, "tags", "['web']", BEN)}


async def test_who_created_a_private_channel_and_is_in_it_no_more_neither_sees_nor_sets_anything(on: Harness) -> None:
    await on.slack.put_channel("C0CLOSED", name="closed", kind="group", members=[ADA, BEN, "U0BOT"])
    closed = on.simulated_slack.state.world.channels["C0CLOSED"]
    closed.creator = BEN
    shown = await opened(on, "settings <#C0CLOSED|closed>", BEN)
    assert "channel.tags" in fields(shown)
    closed.members.remove(BEN)
    assert (await sent(on, shown, BEN, channel__tags="web"))["closed"] is True
    await on.slack.wait_for_message(direct(BEN), views.NOT_YOURS.text)
    assert await stored(on) == set()
    assert texts(await opened(on, "settings <#C0CLOSED|closed>", BEN)) == [views.NOT_YOURS.text]


async def test_a_channel_that_is_named_has_its_settings_shown_from_anywhere(on: Harness) -> None:
    shown = await opened(on, f"settings <#{WEB}|web>", ADA)
    assert {name.split(".")[0] for name in fields(shown)} == {"channel"}
    assert f"For everyone's sessions in <#{WEB}>." in str(shown["blocks"])
    await on.slack.submit_view(ADA, shown["id"], {"channel.tags": {"channel.tags": "web"}})
    await on.slack.wait_for_message(direct(ADA), f"*<#{WEB}>*")
    assert await stored(on) == {("channel", WEB, "tags", "['web']", ADA)}
    assert texts(await opened(on, f"settings <#{WEB}|web>")) == [views.NOT_YOURS.text]
    named = (await on.slack.slash(ANN, GENERAL, "settings #web"))["shown"]
    assert named["rendered"] == "Pick the channel from Slack's list as you type `#`, as in `/devin settings #web`."


async def test_others_see_no_field_of_the_channel(on: Harness) -> None:
    assert not [name for name in fields(await opened(on)) if name.startswith("channel")]
    await on.slack.close_view(ANN, (await view(on))["id"])
    assert texts(await opened(on, "settings channel")) == [views.NOT_YOURS.text]
    await on.slack.close_view(ANN, (await view(on))["id"])
    assert texts(await opened(on, "settings channel", ADA, direct(ADA))) == [views.NO_CHANNEL.text]


async def test_whether_somebody_may_is_asked_again_when_the_form_comes_back(on: Harness) -> None:
    await on.slack.put_person(BEN, is_admin=True)
    shown = await opened(on, "settings channel", BEN, WEB)
    await on.slack.put_person(BEN, is_admin=False)
    await settled(on)
    assert (await sent(on, shown, BEN, channel__mode="fast"))["closed"] is True
    await on.slack.wait_for_message(direct(BEN), views.NOT_YOURS.text)
    assert await stored(on) == set()


async def test_of_two_people_the_last_one_counts_in_a_field_and_only_there(on: Harness) -> None:
    on.simulated_slack.state.world.channels[GENERAL].creator = BEN
    first = await opened(on, "settings channel", ADA)
    second = await opened(on, "settings channel", BEN)
    await sent(on, first, ADA, channel__mode="fast", channel__limit="5")
    await on.slack.wait_for_message(direct(ADA), "Saved.")
    await sent(on, second, BEN, channel__mode="ultra")
    await on.slack.wait_for_message(direct(BEN), "Saved.")
    assert await stored(on) == {
        ("channel", GENERAL, "mode", "ultra", BEN),
        ("channel", GENERAL, "limit", "5", ADA),
    }
    assert [one["user"] for one in await recorded_changes(on)] == [ADA, BEN]


# ---------------------------------------------------------------- brakes


async def test_nobody_loosens_a_brake_for_themselves(on: Harness) -> None:
    shown = await opened(on, "settings mine")
    for starts, wrong in (("0", "0 would turn it off."), ("50", "50 is more than the 20 that everyone has.")):
        assert (await sent(on, shown, person__starts=starts))["errors"] == {
            "person.starts": f"{wrong} Enter 1 to 20, or ask an admin to set more for a channel."
        }
    assert (await sent(on, shown, person__starts="5"))["closed"] is True
    await on.slack.wait_for_message(direct(ANN), "• Starts per hour: `5`")
    assert "• *Starts per hour*: `5` (set by you)" in await why(on)


async def test_a_looser_brake_that_is_stored_already_does_not_hold(on: Harness) -> None:
    await put_default(on, Scope.PERSON, ANN, Setting.STARTS, 0)
    assert "• *Starts per hour*: `20` (default)" in await why(on)
    await saved(on, "settings channel", ADA, channel__starts="1")
    assert "• *Starts per hour*: `1` (set for this channel)" in await why(on)
    await on.started()
    await on.mention("fix the page")
    asked = await on.slack.wait_for_ephemeral(ANN, "in the last hour")
    assert asked["text"] == "You started 1 session in the last hour. Nothing was started. Start another one?"
    assert len(await on.devin.sessions()) == 1


async def test_only_admins_loosen_the_brakes_of_a_channel(on: Harness) -> None:
    on.simulated_slack.state.world.channels[WEB].creator = BEN
    for field, label, usual in (
        ("starts", "Starts per hour", 20),
        ("alerts_per_hour", "Sessions from alerts per hour", 10),
        ("alert_acus", "ACU limit of alerts", 10),
    ):
        assert await saved(on, "settings channel", BEN, WEB, **{f"channel__{field}": "500"}) == (
            f"Your settings weren't saved. {label}: {usual} applies to every channel. You can set 1 to {usual}. "
            "Ask an admin for more."
        )
    assert await stored(on) == set()
    await saved(on, "settings channel", BEN, WEB, channel__starts="3")
    await saved(on, "settings channel", ADA, WEB, channel__starts="0")
    assert await stored(on) == {("channel", WEB, "starts", "0", ADA)}


# ---------------------------------------------------------------- where it is typed, and by whom


async def test_written_it_gets_a_button_that_opens_the_form(on: Harness) -> None:
    await on.slack.say(ADA, GENERAL, f"{BOT} settings channel")
    offer = await on.slack.wait_for_ephemeral(ADA, "This needs a form")
    await on.slack.click(ADA, GENERAL, offer["ts"], "open_form")
    assert "channel.turns" in fields(await view(on, ADA))
    await on.slack.say(ANN, "im", "settings")
    offer = await on.slack.wait_for_message(direct(ANN), "This needs a form")
    await on.slack.click(ANN, direct(ANN), offer["ts"], "open_form")
    assert "person.quiet" in fields(await view(on))
    assert await on.devin.sessions() == []


async def test_guests_have_no_settings(on: Harness) -> None:
    assert texts(await opened(on, "settings", GUEST)) == [access_sentences.GUEST_REFUSED.text]
    assert await why(on, GUEST) == access_sentences.GUEST_REFUSED.text


async def test_a_form_of_another_version_changes_nothing(on: Harness) -> None:
    shown = await opened(on)
    on.simulated_slack.state.views[shown["id"]].body["private_metadata"] = "{}"
    await sent(on, shown, person__mode="fast")
    assert texts((await on.slack.views(user=ANN, open=True))[0]) == [OTHER_VERSION]
    assert await stored(on) == set()


# ---------------------------------------------------------------- quiet hours


async def test_in_quiet_hours_nothing_mentions_a_person(on: Harness) -> None:
    ts, session = await on.started()
    await saved(on, "settings", person__quiet="00:00-23:59")
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    assert (await on.wait_for_post(GENERAL, ts, "Which branch?"))["rendered"].startswith(QUESTION.format(who="ann"))


# ---------------------------------------------------------------- defaults of starts


async def test_a_start_takes_what_is_set_where_nothing_is_typed(on: Harness) -> None:
    await saved(on, "settings", person__mode="fast", person__limit="7")
    for_all = {"channel__repos": "acme/web acme/api", "channel__limit": "5", "channel__tags": "web"}
    await saved(on, "settings channel", ADA, **for_all)
    await on.mention("fix the login test acu=9")
    made = await on.session("fix the login test")
    assert (made["devin_mode"], made["request"]["max_acu_limit"]) == ("fast", 9)
    assert made["request"]["repos"] == ["acme/web", "acme/api"]
    assert "web" in made["tags"]
    await on.slack.say(ANN, "im", "write more unit tests")
    direct_one = await on.session("write more unit tests")
    assert (direct_one["devin_mode"], direct_one["request"]["max_acu_limit"]) == ("fast", 7)
    await on.slack.slash(ANN, GENERAL, "upgrade the linter repo=none acu=none")
    bare = await on.session("upgrade the linter")
    assert bare["devin_mode"] == "fast"
    assert not {"max_acu_limit", "repos"} & {name for name, value in bare["request"].items() if value}


async def test_a_default_that_devin_no_longer_has_is_asked_about(on: Harness) -> None:
    await on.devin.add_playbook("Release notes", "1. Write them.")
    await put_default(on, Scope.CHANNEL, GENERAL, Setting.PLAYBOOK, "Release note")
    await on.mention("fix the login test")
    question = await on.slack.wait_for_ephemeral(ANN, "Devin has no playbook")
    near = 'playbook="Release notes"'
    asked = start_sentences.ask_about_default("", Gone("playbook", "Release note", (near,)), Source.CHANNEL)
    assert question["rendered"].startswith(asked.text)
    assert await on.devin.sessions() == []
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    assert (await on.session("fix the login test"))["playbook_id"] is None


async def test_a_default_repository_that_devin_does_not_list_is_asked_about_with_the_nearest(on: Harness) -> None:
    await saved(on, "settings channel", ADA, channel__repos="acme/wbe")
    await on.mention("fix the login test")
    await on.session("fix the login test")  # where Devin lists none, it decides
    on.simulated_devin.world.held.repositories = ["github.com/acme/web", "github.com/acme/api"]
    await on.stop()
    await on.start()
    await on.mention("fix the logout test")
    question = await on.slack.wait_for_ephemeral(ANN, "Devin has no repository")
    gone = Gone("repository", "acme/wbe", ("repo=acme/web",))
    assert question["rendered"].startswith(start_sentences.ask_about_default("", gone, Source.CHANNEL).text)
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected_2")
    assert (await on.session("fix the logout test"))["request"]["repos"] == ["acme/web"]
    # One that is typed is asked about too, but not as a default, and holds in its place as it is written.
    await on.slack.say(ANN, GENERAL, f"{BOT} fix the signup test repo=acme/other")
    question = await on.slack.wait_for_ephemeral(ANN, "acme/other")
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:as_written")
    assert (await on.session("fix the signup test"))["request"]["repos"] == ["acme/other"]


async def test_a_default_that_devin_refuses_is_named(on: Harness) -> None:
    await saved(on, "settings channel", ADA, channel__repos="acme/gone")  # whether it is there, Devin does not say
    await on.devin.fault("create_session", 400, times=1)
    ts = await on.mention("fix the login test")
    post = await on.wait_for_post(GENERAL, ts, "Devin rejected this task")
    assert (
        "Used `acme/gone`. It's this channel's default. Admins and the channel's creator can change it "
        "with `/devin settings channel`."
    ) in post["rendered"]


async def test_who_has_set_the_default_themselves_reads_so(on: Harness) -> None:
    await on.devin.add_playbook("Release notes", "1. Write them.")
    await put_default(on, Scope.PERSON, ANN, Setting.PLAYBOOK, "Release note")
    await on.mention("fix the login test")
    question = await on.slack.wait_for_ephemeral(ANN, "Devin has no playbook")
    assert "It's your default. Change it with `/devin settings mine`." in question["rendered"]


async def test_a_default_that_devin_lacks_is_said_at_its_field(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web", "github.com/acme/api"]
    await on.devin.add_playbook("Release notes", "1. Write them.")
    shown = await opened(on)
    answer = await sent(on, shown, person__playbook="Release note", person__repos="acme/wbe, acme/api")
    assert answer["errors"] == {
        "person.playbook": "Devin has no playbook “Release note”. Did you mean “Release notes”?",
        "person.repos": "Devin has no repository acme/wbe. Did you mean “acme/web”?",
    }
    assert await stored(on) == set()
    await on.slack.close_view(ANN, shown["id"])
    said = await saved(on, "settings", person__playbook="release notes", person__repos="acme/web")
    assert said == "Saved.\n*Mine*\n• Repositories: `acme/web`\n• Playbook: `release notes`"


async def test_while_devin_does_not_answer_a_default_is_taken(on: Harness) -> None:
    await on.devin.fault("list_playbooks", 500, times=9)
    assert await saved(on, "settings", person__playbook="Notes") == "Saved.\n*Mine*\n• Playbook: `Notes`"


# ---------------------------------------------------------------- how much is posted


async def test_final_posts_only_the_last_words_of_a_turn(on: Harness) -> None:
    await saved(on, "settings channel", ADA, channel__detail="final")
    ts, session = await on.started()
    await on.devin.say(session, "I read the code.", status_detail="working")
    await on.devin.say(session, "I mended the test.", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "I mended the test", thread_ts=ts)  # on its card
    assert await on.thread(GENERAL, ts) == []
    await on.devin.set(session, status="exit", status_detail=None)
    done = await on.wait_for_post(GENERAL, ts, ", done")
    assert "I mended the test." in done["rendered"]
    assert len(await on.thread(GENERAL, ts)) == 1


async def test_link_posts_none_of_devins_words(on: Harness) -> None:
    await saved(on, "settings channel", ADA, channel__detail="link")
    ts, session = await on.started()
    await on.devin.say(session, "I read the secret plan.", status_detail="working")
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    asked = await on.wait_for_post(GENERAL, ts, QUESTION.format(who="<@U0ANN>"))
    assert "Open in Devin" in asked["rendered"]
    await settled(on)
    shown = str(await on.slack.messages(GENERAL, thread_ts=ts))
    assert "Which branch" not in shown
    assert "secret plan" not in shown


# ---------------------------------------------------------------- the file


FILE = f"""
[default]
mode = "lite"
notify = "off"
[channel.{GENERAL}]
limit = 5
"""


async def test_a_file_goes_before_what_people_set(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text(FILE)
    async with harness(tmp_path, empty_store=sqlite_template, BOT_SETTINGS_FILE=str(path)) as on:
        shown = await opened(on, "settings", ADA)
        assert not {"person.mode", "person.notify", "channel.mode", "channel.limit"} & set(fields(shown))
        assert "person.limit" in fields(shown)
        assert "*Mode*: `lite`, set by `team.toml`" in texts(shown)
        assert "*ACU limit*: `5`, set by `team.toml`" in texts(shown)
        await sent(on, shown, ADA, person__limit="9")
        await on.slack.wait_for_message(direct(ADA), "Saved.")
        here = await why(on, ADA)
        assert "• *ACU limit*: `5` (set in `team.toml`)" in here
        assert here.endswith("with `/devin settings channel`. Your Devin Bridge operator can change `team.toml`.")
        assert "• *ACU limit*: `9` (set by you)" in await why(on, ADA, direct(ADA))
        answer = (await on.slack.slash(ANN, GENERAL, "notify all"))["shown"]["rendered"]
        assert answer == notification_sentences.set_by_file("team.toml").text


async def test_a_default_of_the_file_that_devin_lacks_is_logged_at_the_start_and_named_by_a_start(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "team.toml"
    path.write_text('[default]\nplaybook = "Release note"\n')
    with capture_logs() as lines:
        async with harness(tmp_path, empty_store=sqlite_template, BOT_SETTINGS_FILE=str(path)):
            pass
    assert [line["set_in"] for line in lines if line["event"] == "default not in Devin"] == [
        "team.toml [default] playbook"
    ]
    async with harness(tmp_path, empty_store=sqlite_template, BOT_SETTINGS_FILE=str(path)) as on:
        await on.mention("fix the login test")
        question = await on.slack.wait_for_ephemeral(ANN, "Devin has no playbook")
        asked = start_sentences.ask_about_default("", Gone("playbook", "Release note", ()), Source.FILE, "team.toml")
        assert question["rendered"].startswith(asked.text)
        assert "Ask your Devin Bridge operator to change it." in asked.text


async def test_a_file_that_is_wrong_stops_the_start(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "bot.toml"
    path.write_text("[default]\nrepo = ['acme/web']\n")
    with pytest.raises(StartError, match=r"^bot\.toml \[default\] repo: There's no setting “repo”\. Did you mean"):
        async with harness(tmp_path, empty_store=sqlite_template, BOT_SETTINGS_FILE=str(path)):
            pass


def test_each_setting_has_a_name_and_a_place_in_what_holds() -> None:
    assert [*views.FIELDS] == [*Setting]
    assert all(field.name == setting for setting, field in views.FIELDS.items())
    assert all(hasattr(Effective(), setting.value) for setting in Setting)
