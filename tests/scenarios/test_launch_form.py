"""The form for a start: it opens, offers what may be picked, says what is wrong with it, and starts one session."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.settings_values import Scope, Setting
from bot.playground.devin.api_library import add_playbook
from bot.store import settings
from bot.views.answers import access as access_sentences
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, WEB, Harness
from tests.scenarios.observations import creations, settled

DIRECT = "D0ANN"
TASK = "Fix the login test"


async def opened(on: Harness, user: str = ANN) -> dict[str, Any]:
    """The form that somebody sees."""
    (shown,) = await on.slack.wait("views", user=user, open=True)
    assert shown["title"]["text"] == "New Devin session"
    return dict(shown)


async def typed(on: Harness, user: str = ANN, channel: str = GENERAL) -> dict[str, Any]:
    """The form that `/devin` with nothing after it opens."""
    assert (await on.slack.slash(user, channel, ""))["shown"] is None
    return await opened(on, user)


def filled(**fields: Any) -> dict[str, Any]:
    return {name: {name: value} for name, value in fields.items()}


async def send(on: Harness, shown: Mapping[str, Any], user: str = ANN, **fields: Any) -> dict[str, Any]:
    """What the form answers that somebody sends."""
    return dict(await on.slack.submit_view(user, shown["id"], filled(**fields)))


async def told(on: Harness, words: str, channel: str = DIRECT) -> str:
    """What the person reads in their direct messages."""
    return str((await on.slack.wait_for_message(channel, words))["rendered"])


@pytest.mark.both_transports
async def test_devin_with_nothing_after_it_opens_a_form_that_starts_a_session_with_its_options(on: Harness) -> None:
    playbook = add_playbook(on.simulated_devin.world, "Upgrade deps", "Upgrade them.", macro="!deps")
    shown = await typed(on)
    fields = filled(task=TASK, repos=["acme/web", "acme/api"], playbook=playbook["playbook_id"], mode="fast")
    fields |= filled(limit="5 ACUs", tags="frontend, urgent", title="Login")
    assert (await on.slack.submit_view(ANN, shown["id"], fields))["closed"] is True
    made = await on.session(TASK)
    assert made["title"] == "Login"
    assert {"frontend", "urgent"} <= set(made["tags"])
    sent = made["request"]
    assert (sent["repos"], sent["playbook_id"]) == (["acme/web", "acme/api"], playbook["playbook_id"])
    assert (sent["devin_mode"], sent["max_acu_limit"]) == ("fast", 5)
    card = await on.slack.wait_for_message(GENERAL, "Login")
    assert "acme/web, acme/api" in card["rendered"]


async def test_the_shortcut_opens_it_and_an_empty_channel_is_a_direct_message(on: Harness) -> None:
    await on.slack.shortcut(ANN, "new_session")
    shown = await opened(on)
    assert (await send(on, shown, task=TASK))["closed"] is True
    await on.session(TASK)
    assert TASK in await told(on, TASK)


async def test_what_is_wrong_stands_at_its_field(on: Harness) -> None:
    shown = await typed(on)
    answer = await send(on, shown, task="  ", limit="many", tags="devin-bridge", title="t" * 201)
    assert answer["errors"] == {
        "task": "Write what Devin should do.",
        "limit": "Write a whole number above zero, such as 10.",
        "tags": "Up to 40 tags, none of them devin-bridge or slack-….",
        "title": "Keep the title below 200 characters.",
    }
    answer = await send(on, shown, task="fix it repo=web mode=fast", mode="lite", limit="5", tags="", title="")
    assert answer["errors"] == {
        "task": "`mode=` is here and in its own field. Keep one of them. "
        "`repo=web` needs an owner and a name, such as repo=acme/web."
    }
    assert (await send(on, shown, task=TASK, mode="lite"))["closed"] is True
    await on.session(TASK)


async def test_its_menus_offer_what_devin_lists_and_what_was_used(on: Harness) -> None:
    world = on.simulated_devin.world
    add_playbook(world, "Upgrade deps", "Upgrade them.")
    add_playbook(world, "Release", "Release it.")
    world.held.repositories = ["github.com/acme/web", "github.com/acme/api"]
    shown = await typed(on)
    assert await offered(on, shown, "playbook", "deps") == ["Upgrade deps"]
    assert await offered(on, shown, "repos", "") == ["acme/web", "acme/api"]
    assert await offered(on, shown, "repos", "API") == ["acme/api"]
    assert await offered(on, shown, "playbook", "") == ["None", "Upgrade deps", "Release"]
    assert await offered(on, shown, "mode", "swe") == ["swe-2-medium", "swe-2-high", "swe-2-max", "swe"]
    assert (await offered(on, shown, "mode", ""))[:2] == ["Devin's default", "normal"]


async def test_a_repository_that_devin_does_not_list_says_so_and_is_offered_last_once_it_was_used(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web", "github.com/acme/api"]
    shown = await typed(on)
    assert await offered(on, shown, "repos", "") == ["acme/web", "acme/api"]
    assert await offered(on, shown, "repos", "acme/nosuch") == ["acme/nosuch (not in Devin's list)"]
    assert (await send(on, shown, task=TASK, repos=["acme/nosuch"]))["closed"] is True
    assert (await on.session(TASK))["request"]["repos"] == ["acme/nosuch"]
    again = await typed(on)
    assert await offered(on, again, "repos", "") == ["acme/web", "acme/api", "acme/nosuch (not in Devin's list)"]


async def test_without_the_list_of_repositories_it_offers_those_of_earlier_sessions(on: Harness) -> None:
    await on.mention("tidy up the docs repo=acme/old")
    await on.session("tidy up the docs")
    shown = await typed(on)
    lists_none = "Devin doesn't list repositories here. Type owner/name."
    assert await offered(on, shown, "repos", "") == [lists_none, "acme/old"]


async def test_where_devin_has_none_a_menu_says_so_and_takes_what_is_typed(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = []
    shown = await typed(on)
    for text in ("", "web"):
        assert await offered(on, shown, "repos", text) == ["Devin has no repositories here. Type owner/name."]
    assert await offered(on, shown, "repos", "acme/web") == ["acme/web"]
    assert await offered(on, shown, "playbook", "") == ["None", "Devin has no playbooks here. Type a playbook ID."]
    assert await offered(on, shown, "playbook", "playbook-1") == ["playbook-1"]


@pytest.mark.parametrize(
    ("status", "why"), [(403, "Devin Bridge's key can't list {}."), (500, "Devin didn't list {}.")]
)
async def test_a_menu_that_cannot_be_filled_says_why_and_takes_what_is_typed(
    on: Harness, status: int, why: str
) -> None:
    playbook = add_playbook(on.simulated_devin.world, "Upgrade deps", "Upgrade them.")["playbook_id"]
    for route in ("list_repositories", "list_playbooks"):
        await on.devin.fault(route, status, times=9)
    shown = await typed(on)
    assert await offered(on, shown, "repos", "") == [f"{why.format('repositories')} Type owner/name."]
    assert await offered(on, shown, "playbook", "") == ["None", f"{why.format('playbooks')} Type a playbook ID."]
    answer = await send(on, shown, task=TASK, repos=["?"], playbook="?")
    assert answer["errors"] == {
        "repos": "Pick up to 10 repositories, each written as owner/name.",
        "playbook": "Pick a playbook, or leave this empty.",
    }
    assert await offered(on, shown, "repos", "https://github.com/acme/web ") == ["acme/web"]
    assert await offered(on, shown, "playbook", playbook) == [playbook]
    assert (await send(on, shown, task=TASK, repos=["acme/web"], playbook=playbook))["closed"] is True
    request = (await on.session(TASK))["request"]
    assert (request["repos"], request["playbook_id"]) == (["acme/web"], playbook)


async def test_of_more_repositories_than_a_page_holds_it_finds_what_is_typed(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = [f"github.com/acme/web-{number}" for number in range(250)]
    shown = await typed(on)
    assert len(await offered(on, shown, "repos", "")) == 100
    assert await offered(on, shown, "repos", "acme WEB-249") == ["acme/web-249"]
    assert await offered(on, shown, "repos", "acme/web-249") == ["acme/web-249"]
    assert await offered(on, shown, "repos", "acme/unlisted") == ["acme/unlisted (not in Devin's list)"]
    await on.slack.close_view(ANN, shown["id"])
    await on.slack.slash(ANN, GENERAL, "fix the login test repo=web-248")
    question = await on.slack.wait_for_ephemeral(ANN, "needs an owner and a name")
    assert "repo=acme/web-248" in question["rendered"]
    calls = await on.devin.log("list_repositories")
    assert len(calls) == 5  # the first page, what is like each of three names, and what is like the typed option
    assert all(
        {("first", "100"), ("load_indexing_status", "false")} <= set(map(tuple, call["query"])) for call in calls
    )


async def test_it_begins_with_what_is_set_for_the_channel_and_the_person(on: Harness) -> None:
    async with on.store.write() as tx:
        for setting, value in ((Setting.REPOS, ("acme/web", "acme/api")), (Setting.LIMIT, 7), (Setting.MODE, "lite")):
            await settings.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, setting, value, ADA, 0.0)
        await settings.put(tx, "T0PLAY", Scope.PERSON, ANN, Setting.TAGS, ("frontend",), ANN, 0.0)
    shown = await typed(on)
    assert (await send(on, shown, task=TASK))["closed"] is True
    request = (await on.session(TASK))["request"]
    assert (request["repos"], request["max_acu_limit"], request["devin_mode"]) == (["acme/web", "acme/api"], 7, "lite")
    assert "frontend" in request["tags"]


async def test_what_was_cleared_in_it_stays_empty(on: Harness) -> None:
    async with on.store.write() as tx:
        for setting, value in (
            (Setting.LIMIT, 7),
            (Setting.TAGS, ("frontend",)),
            (Setting.MODE, "lite"),
            (Setting.PLAYBOOK, "Release"),
        ):
            await settings.put(tx, "T0PLAY", Scope.PERSON, ANN, setting, value, ANN, 0.0)
    shown = await typed(on)
    assert (await send(on, shown, task=TASK, limit="", tags="", mode="-", playbook="-"))["closed"] is True
    request = (await on.session(TASK))["request"]
    assert [request.get(name) for name in ("max_acu_limit", "devin_mode", "playbook_id")] == [None] * 3
    assert "frontend" not in request["tags"]


async def test_a_form_that_was_open_while_the_bot_restarted_starts_its_session(on: Harness) -> None:
    shown = await typed(on)
    await on.stop()
    await on.start()
    assert (await send(on, shown, task=TASK))["closed"] is True
    await on.session(TASK)


async def test_a_channel_that_cannot_be_used_starts_nothing_and_gives_the_task_back(on: Harness) -> None:
    await on.slack.act("channel", id="C0AWAY", name="away", members=["U0BOT", BEN])
    await on.slack.act("channel", id="C0ALONE", name="alone", members=[ANN])
    await on.slack.act("channel", id="C0OLD", name="old", members=["U0BOT", ANN], is_archived=True)
    await on.slack.act("channel", id="C0BOTH", name="both", members=["U0BOT", ANN], is_ext_shared=True)
    for channel, said in (
        ("C0AWAY", "Nothing was started: you aren't in <#C0AWAY>. Join it, then try again."),
        ("C0ALONE", "Nothing was started: Devin Bridge isn't in <#C0ALONE>. Type /invite @Devin Bridge there."),
        ("C0OLD", "Nothing was started: <#C0OLD> is archived. Pick another channel."),
        ("C0BOTH", "Nothing was started: <#C0BOTH> is shared with another company. Pick another channel."),
    ):
        await send(on, await typed(on), task=f"{TASK} in {channel}", channel=channel)
        answer = await told(on, channel)
        assert said in answer.replace("`", ""), answer
        here = (await on.slack.wait_for_ephemeral(ANN, channel))["rendered"]
        assert here.replace("`", "") == f"{said} Continue in your DM with Devin Bridge."
    await settled(on)
    assert await creations(on) == 0


async def test_it_opens_before_slack_is_asked_who_somebody_is_and_a_guest_starts_nothing_with_it(on: Harness) -> None:
    shown = await typed(on, GUEST)
    assert not await on.slack.log("users.info")
    assert (await send(on, shown, GUEST, task=TASK))["closed"] is True
    assert access_sentences.GUEST_REFUSED.text in await told(on, access_sentences.GUEST_REFUSED.text, "D0GUEST")
    again = await on.slack.slash(GUEST, GENERAL, "")
    assert again["shown"]["rendered"] == access_sentences.GUESTS.text
    assert await creations(on) == 0


async def test_a_form_that_is_sent_twice_starts_once_and_two_forms_start_two(on: Harness) -> None:
    for _ in range(2):
        assert (await send(on, await typed(on, channel=WEB), task=TASK, channel=WEB))["closed"] is True
    await settled(on)
    assert await creations(on) == 2


async def offered(on: Harness, shown: Mapping[str, Any], field: str, text: str) -> list[str]:
    """What a menu of the form offers for what was typed into it."""
    answer = await on.slack.suggest(ANN, shown["id"], field, text)
    return [option["text"]["text"] for option in answer["answer"]["options"]]
