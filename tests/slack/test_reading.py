"""Threads, posts found again by their key, and people."""

import pytest

from bot.domain.file import SlackFile
from bot.domain.person import Person
from bot.slack.errors import PersonGone, ScopeMissing, SlackOutcomeUnknown, SlackUnreachable
from bot.slack.people import person_from
from bot.slack.reading import MAX_PAGES
from bot.slack.threads import ThreadMessage

ROOT = "1700000000.000100"


def message(second: int, **more):
    return {"ts": f"{1700000000 + second}.000100", "thread_ts": ROOT, "user": "U1", "text": f"m{second}", **more}


def ours(second: int, key: str, bot_id: str = "BBOT", event_type: str = "devin_bridge"):
    metadata = {"event_type": event_type, "event_payload": {"key": key}}
    return message(second, bot_id=bot_id, metadata=metadata)


def page(messages, cursor=""):
    return {
        "ok": True,
        "messages": messages,
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


# ---------------------------------------------------------------- find


async def test_a_post_is_found_on_a_later_page(slack, fake):
    fake.answers(
        "conversations.replies",
        page([message(0), message(1)], "two"),
        page([message(0), ours(2, "other"), message(3)], "three"),
        page([message(0), ours(4, "wanted")]),
    )
    assert await slack.find("C1", ROOT, "wanted", since=1700000001.5) == "1700000004.000100"
    first = {
        "channel": "C1",
        "ts": ROOT,
        "include_all_metadata": "1",
        "oldest": "1699999701.500000",
        "limit": "200",
    }
    assert fake.asked("conversations.replies") == [first, {**first, "cursor": "two"}, {**first, "cursor": "three"}]


async def test_reading_stops_where_the_post_is(slack, fake):
    fake.answers("conversations.replies", page([ours(1, "wanted")], "two"))
    assert await slack.find("C1", ROOT, "wanted", since=0) == "1700000001.000100"
    assert len(fake.calls) == 1


async def test_without_a_thread_the_channel_is_searched(slack, fake):
    fake.answers("conversations.history", page([ours(5, "digest:C1:2026-11-24")]))
    assert await slack.find("C1", None, "digest:C1:2026-11-24", since=1700000005.0) == "1700000005.000100"
    assert "ts" not in fake.asked("conversations.history")[0]


async def test_what_was_written_to_a_person_is_searched_in_the_conversation_with_them(slack, fake):
    fake.answers("conversations.open", {"ok": True, "channel": {"id": "D1"}})
    fake.answers("conversations.history", page([ours(5, "lost:s:channel")]))
    assert await slack.find("U1", None, "lost:s:channel", since=1700000005.0) == "1700000005.000100"
    assert fake.asked("conversations.open")[0]["users"] == "U1"
    assert fake.asked("conversations.history")[0]["channel"] == "D1"


async def test_none_is_only_said_after_everything_was_read(slack, fake):
    fake.answers("conversations.replies", page([message(0)], "two"), page([ours(1, "other")]))
    assert await slack.find("C1", ROOT, "wanted", since=0) is None
    assert len(fake.calls) == 2


async def test_too_many_pages_leave_the_outcome_unknown(slack, fake):
    pages = [page([message(number)], f"cursor{number}") for number in range(MAX_PAGES + 5)]
    fake.answers("conversations.history", *pages)
    with pytest.raises(SlackOutcomeUnknown):
        await slack.find("C1", None, "wanted", since=0)
    assert len(fake.calls) == MAX_PAGES


async def test_a_repeated_cursor_ends_the_search_as_unknown(slack, fake):
    fake.answers("conversations.history", page([message(1)], "same"))
    with pytest.raises(SlackOutcomeUnknown):
        await slack.find("C1", None, "wanted", since=0)
    assert len(fake.calls) == 2


async def test_more_without_a_cursor_is_not_everything(slack, fake):
    fake.answers("conversations.history", {"ok": True, "messages": [], "has_more": True})
    with pytest.raises(SlackOutcomeUnknown):
        await slack.find("C1", None, "wanted", since=0)


async def test_a_missing_permission_to_search_is_reported(slack, fake):
    fake.answers("conversations.replies", {"ok": False, "error": "missing_scope", "needed": "groups:history"})
    with pytest.raises(ScopeMissing) as caught:
        await slack.find("C1", ROOT, "wanted", since=0)
    assert caught.value.needed == "groups:history"


async def test_another_apps_copy_of_our_key_does_not_count(slack, fake):
    await slack.auth_test()
    forged, other_kind, real = ours(1, "k", "BEVIL"), ours(2, "k", event_type="else"), ours(3, "k")
    fake.answers("conversations.replies", page([forged, other_kind, real]))
    assert await slack.find("C1", ROOT, "k", since=0) == real["ts"]


# ---------------------------------------------------------------- replies


async def test_a_thread_is_read_oldest_first_with_its_beginning_once(slack, fake):
    fake.answers(
        "conversations.replies",
        page([message(0), message(1)], "two"),
        page([message(0), message(2)]),
    )
    read = await slack.replies("C1", ROOT)
    assert [one.text for one in read] == ["m0", "m1", "m2"]


async def test_a_page_of_what_follows_a_moment_says_whether_there_is_more(slack, fake):
    fake.answers(
        "conversations.replies",
        page([message(0), message(3), message(2), message(4)], "two"),
        page([message(0), message(5)]),
        page([message(0)]),
    )
    answered = [await slack.replies_after("C1", ROOT, "1700000002.000100") for _ in range(3)]
    assert [([one.text for one in read], more) for read, more in answered] == [
        (["m3", "m4"], True),
        (["m5"], False),
        ([], False),
    ]
    asked = fake.asked("conversations.replies")
    assert [call["oldest"] for call in asked] == ["1700000002.000100"] * 3
    assert not any("cursor" in call for call in asked)


async def test_a_channel_is_read_page_by_page_and_its_messages_come_oldest_first(slack, fake):
    fake.answers("conversations.history", page([message(5), message(4)], "two"), page([message(3)]))
    assert [one.text for one in await slack.history_after("C1", "1700000002.000100")] == ["m3", "m4", "m5"]
    assert [call["oldest"] for call in fake.asked("conversations.history")] == ["1700000002.000100"] * 2


async def test_the_first_and_the_newest_are_kept_when_there_are_too_many(slack, fake):
    pages = page([message(0), message(1)], "two"), page([message(0), message(2), message(3)])
    fake.answers("conversations.replies", *pages)
    assert [one.text for one in await slack.replies("C1", ROOT, 2)] == ["m0", "m2", "m3"]


async def test_reading_a_thread_is_bounded(slack, fake):
    pages = [page([message(number)], f"cursor{number}") for number in range(MAX_PAGES + 5)]
    fake.answers("conversations.replies", *pages)
    assert len(await slack.replies("C1", ROOT, limit=1000)) == MAX_PAGES
    assert len(fake.calls) == MAX_PAGES


async def test_all_that_a_message_says_of_itself(slack, fake):
    answered = message(
        1,
        bot_id="B2",
        subtype="file_share",
        files=[{"id": "F1", "name": "log.txt", "mimetype": "text/plain", "size": 3, "url_private": "https://x/"}],
        edited={"user": "U1", "ts": "1700000002.000000"},
    )
    fake.answers("conversations.replies", page([answered, {"ts": "1700000009.000000"}]))
    assert await slack.replies("C1", ROOT) == [
        ThreadMessage(
            ts="1700000001.000100",
            thread_ts=ROOT,
            user="U1",
            bot_id="B2",
            subtype="file_share",
            text="m1",
            files=(SlackFile("F1", "log.txt", "text/plain", 3, "https://x/"),),
            edited_ts="1700000002.000000",
        ),
        ThreadMessage("1700000009.000000", None, None, None, None, ""),
    ]


async def test_an_alert_and_what_somebody_forwarded_are_read_too(slack, fake):
    alert = {
        "ts": "1700000001.000100",
        "subtype": "bot_message",
        "bot_id": "B2",
        "username": "Alertmanager",
        "text": "",
    }
    shared = {"is_share": True, "author_name": "Ben", "text": "it fails", "files": [{"id": "F1", "name": "log.txt"}]}
    answered = [{**alert, "attachments": [{"title": "HighErrorRate"}]}, message(2, text="", attachments=[shared])]
    fake.answers("conversations.replies", page(answered))
    first, second = await slack.replies("C1", ROOT)
    assert (first.app_name, first.text, first.quoted) == ("Alertmanager", "HighErrorRate", "")
    assert (second.text, second.files) == ("", (SlackFile("F1", "log.txt"),))
    assert second.quoted == "Forwarded message from Ben:\n> it fails\n> (files: log.txt)"


async def test_user_groups_have_the_names_by_which_they_are_mentioned(slack, fake):
    groups = [{"id": "S1", "handle": "backend", "name": "Backend team"}, {"id": "S2", "name": "Ops"}, {"id": "S3"}]
    fake.answers("usergroups.list", {"ok": True, "usergroups": groups})
    assert await slack.groups() == {"S1": "backend", "S2": "Ops", "S3": "S3"}


async def test_who_is_in_a_user_group_and_an_answer_without_a_list_is_none(slack, fake):
    fake.answers("usergroups.users.list", {"ok": True, "users": ["U1", "W2"]}, {"ok": True, "users": []})
    assert await slack.group_members("S1") == {"U1", "W2"}
    assert await slack.group_members("S1") == frozenset()
    assert fake.asked("usergroups.users.list") == [{"usergroup": "S1"}] * 2
    for odd in ({}, {"users": None}, {"users": "U1"}, {"users": [{"id": "U1"}]}):
        fake.answers("usergroups.users.list", {"ok": True} | odd)
        with pytest.raises(SlackOutcomeUnknown):
            await slack.group_members("S1")


# ---------------------------------------------------------------- people

ADA = {
    "id": "U1",
    "team_id": "T1",
    "name": "ada",
    "tz": "Europe/Berlin",
    "is_admin": True,
    "profile": {"display_name": "Ada", "real_name": "Ada L.", "email": "ada@acme.example"},
}


async def test_a_colleague(slack, fake):
    fake.answers("users.info", {"ok": True, "user": ADA})
    assert await slack.person("U1") == Person(
        id="U1", name="Ada", email="ada@acme.example", team="T1", is_admin=True, tz="Europe/Berlin"
    )
    assert [method for method, _ in fake.calls] == ["auth.test", "users.info"]
    await slack.person("U1")
    assert len(fake.asked("auth.test")) == 1


async def test_nobody(slack, fake):
    fake.answers("users.info", {"ok": False, "error": "user_not_found"})
    with pytest.raises(PersonGone):
        await slack.person("U9")


async def test_a_person_is_not_guessed_when_the_home_is_unknown(slack, fake):
    fake.drops("auth.test")
    with pytest.raises((SlackOutcomeUnknown, SlackUnreachable)):
        await slack.person("U1")
    assert fake.asked("users.info") == []


def test_another_companys_person_is_external_also_where_slack_says_false():
    person = person_from({**ADA, "team_id": "T2", "is_stranger": False}, "T1")
    assert person.is_external
    assert person.email is None


def test_a_colleague_of_the_same_grid_organisation_is_not_external():
    person = person_from({**ADA, "team_id": "T2", "enterprise_user": {"teams": ["T1", "T2"]}}, "T1")
    assert not person.is_external


def test_without_a_team_nobody_is_a_colleague():
    assert person_from({"id": "U1"}, "T1") == Person(id="U1", name="U1", is_external=True)


@pytest.mark.parametrize("flag", ["is_restricted", "is_ultra_restricted"])
def test_guests(flag):
    assert person_from({**ADA, flag: True}, "T1").is_guest


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"profile": {"display_name": "", "real_name": "Ada L."}}, "Ada L."),
        ({"real_name": "Ada Lovelace"}, "Ada Lovelace"),
        ({"name": "ada"}, "ada"),
    ],
)
def test_the_name_people_use(user, name):
    assert person_from({"id": "U1", "team_id": "T1", **user}, "T1").name == name


def test_owners_bots_and_the_departed():
    person = person_from({"id": "USLACKBOT", "team_id": "T1", "is_owner": True, "deleted": True}, "T1")
    assert (person.is_admin, person.is_bot, person.deleted) == (True, True, True)
