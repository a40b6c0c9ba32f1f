"""What is posted into a session's thread."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import Is, snapshot

from bot.domain.session import (
    LIMIT_DETAILS,
    Announcement,
    AnnouncementKind,
    Lifecycle,
    Options,
    PullRequest,
    Session,
    Snapshot,
)
from bot.views.announcements import announcement, caught_up, devin_message, duplicate_ended, outcome
from bot.views.sentences import DETAIL_SENTENCES
from tests import sentences
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid, nodes

PULL = PullRequest("https://github.com/acme/web/pull/12", "open")
SESSION = Session(
    id="s1",
    team="T1",
    org_id="org-1",
    channel="C1",
    thread_ts="1.0",
    requester="U1",
    prompt="fix the flaky login test",
    options=Options(acu=10),
    lifecycle=Lifecycle.OPEN,
    url="https://app.devin.ai/sessions/abc",
    snapshot=Snapshot("running", "finished", "Fix the login test", (PULL,), 1.5, updated_at=1_733_385_720),
    created_at=1_733_385_000.0,
)


def test_devins_words_in_one_message():
    (message,) = devin_message("**Done**: see `login.py` & the <b>test</b>", SESSION)
    assert_valid(message)
    assert message.text == "**Done**: see `login.py` &amp; the &lt;b&gt;test&lt;/b&gt;"
    assert message.blocks == [{"type": "markdown", "text": "**Done**: see `login.py` & the <b>test</b>"}]


def test_no_words_are_no_message():
    assert devin_message(" \n ", SESSION) == []


def test_devin_calls_nobody():
    for message in devin_message(NASTY * 10, SESSION):
        assert "<\u200b@U666>" in message.blocks[0]["text"]
        assert "<@" not in message.blocks[0]["text"]
        assert "<!channel" not in message.blocks[0]["text"]
        assert "@here" not in message.blocks[0]["text"]
        assert_calls_nobody(replace(message, blocks=[]))


def test_beyond_five_parts_the_link_follows():
    messages = devin_message("\n\n".join("word " * 200 for _ in range(100)), SESSION)
    assert len(messages) == 5
    for message in messages:
        assert_valid(message)
    assert [len(message.blocks) for message in messages] == [1, 1, 1, 1, 2]
    assert (
        messages[-1].blocks[1]["elements"][0]["text"]
        == f"{sentences.LEFT_OUT} <https://app.devin.ai/sessions/abc|{sentences.READ_ALL_OF_IT}>"
    )
    without = devin_message("\n\n".join("word " * 200 for _ in range(100)), replace(SESSION, url=None))
    assert (
        without[-1].blocks[1]["elements"][0]["text"]
        == f"{sentences.LEFT_OUT} All of it stands in the session in Devin."
    )


def test_five_full_parts_are_complete():
    messages = devin_message("\n\n".join("x" * 11_400 for _ in range(5)), SESSION)
    assert [len(message.blocks) for message in messages] == [1, 1, 1, 1, 1]


@given(st.text(max_size=200), st.integers(1, 400))
def test_whatever_devin_writes_is_a_valid_message(text, times):
    for message in devin_message(text * times, SESSION):
        assert_valid(message)


def test_a_question_calls_the_asker():
    message = announcement(Announcement(AnnouncementKind.QUESTION), SESSION)
    assert_valid(message)
    assert message.text == sentences.question("<@U1>")
    assert message.text.count("<@U1>") == 1


def test_an_approval_calls_the_asker_and_opens_devin():
    message = announcement(Announcement(AnnouncementKind.APPROVAL), SESSION)
    assert_valid(message)
    assert message.text == sentences.approval("<@U1>")
    assert message.blocks == snapshot(
        [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(sentences.approval("<@U1>")),
                    "verbatim": True,
                },
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "open",
                        "text": {"type": "plain_text", "text": Is(sentences.OPEN_IN_DEVIN)},
                        "url": "https://app.devin.ai/sessions/abc",
                    }
                ],
            },
        ]
    )


def test_a_new_pull_request():
    message = announcement(Announcement(AnnouncementKind.PULL_REQUEST, PULL), SESSION)
    assert_valid(message)
    assert message.text == sentences.new_pull_request("acme/web#12")
    assert message.blocks == snapshot(
        [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(sentences.new_pull_request("<https://github.com/acme/web/pull/12|acme/web#12> (open)")),
                    "verbatim": True,
                },
            }
        ]
    )


def test_the_end_has_an_outcome_line():
    message = announcement(Announcement(AnnouncementKind.DONE), SESSION)
    assert_valid(message)
    assert message.text == (
        f"{sentences.outcome('1 pull request · 1.5 of 10 ACUs · 12 minutes')}\n"
        f"{sentences.pull_request_line('<https://github.com/acme/web/pull/12|acme/web#12> (open)')}"
    )
    assert message.blocks == snapshot(
        [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(sentences.outcome("1 pull request · 1.5 of 10 ACUs · 12 minutes")),
                    "verbatim": True,
                },
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(sentences.pull_request_line("<https://github.com/acme/web/pull/12|acme/web#12> (open)")),
                    "verbatim": True,
                },
            },
        ]
    )


@pytest.mark.parametrize(
    ("session", "line"),
    [
        (SESSION, "1 pull request · 1.5 of 10 ACUs · 12 minutes"),
        (replace(SESSION, options=Options()), "1 pull request · 1.5 ACUs · 12 minutes"),
        (replace(SESSION, ended_at=1_733_392_500.0), "1 pull request · 1.5 of 10 ACUs · 2 h 5 min"),
        (replace(SESSION, options=Options(), snapshot=Snapshot("exit", has_result=True)), sentences.RESULT_HANDED_IN),
        (replace(SESSION, options=Options(), snapshot=Snapshot("exit")), sentences.NO_PULL_REQUEST),
    ],
)
def test_the_outcome_leaves_out_what_is_not_known(session, line):
    assert outcome(session) == sentences.outcome(line)


@pytest.mark.parametrize(
    ("kind", "snapshot_", "text"),
    [
        (
            AnnouncementKind.LIMIT,
            Snapshot("suspended", "team_budget"),
            f":no_entry: {sentences.new_limit('team_budget')}",
        ),
        (
            AnnouncementKind.FAILED,
            Snapshot("suspended", "machine_lost"),
            f":x: {sentences.new_failure('machine_lost')}",
        ),
        (
            AnnouncementKind.QUESTION,
            Snapshot("running", "waiting_for_login"),
            f":speech_balloon: {sentences.needs_you('<@U1>', 'waiting_for_login')}",
        ),
    ],
    ids=["limit", "failure", "wait"],
)
def test_an_unknown_detail_is_announced_like_its_family_with_devins_word(kind, snapshot_, text):
    message = announcement(Announcement(kind), SESSION.with_snapshot(snapshot_))
    assert_valid(message)
    assert message.text == text
    assert [button["url"] for button in message.blocks[-1]["elements"]] == [SESSION.url]


@pytest.mark.parametrize("detail", sorted(LIMIT_DETAILS))
def test_every_limit_says_who_can_raise_it(detail):
    message = announcement(Announcement(AnnouncementKind.LIMIT), SESSION.with_snapshot(Snapshot("suspended", detail)))
    assert_valid(message)
    assert message.text == f":no_entry: {DETAIL_SENTENCES[detail].format(cap=' of 10 ACUs')}"
    assert any(word in message.text for word in ("raise", "allocate", "buy", "update"))
    assert_calls_nobody(message)


def test_a_failure():
    message = announcement(Announcement(AnnouncementKind.FAILED), SESSION.with_snapshot(Snapshot("error")))
    assert_valid(message)
    assert message.text == f":x: {sentences.FAILED}"


@pytest.mark.parametrize("kind", list(AnnouncementKind))
def test_announcements_about_extreme_sessions_are_valid(kind):
    pulls = tuple(PullRequest(f"https://github.com/{'o' * 400}/{n}{NASTY}/pull/{n}", NASTY * 9) for n in range(100))
    session = replace(SESSION, url=None, snapshot=Snapshot("suspended", NASTY * 99, NASTY * 999, pulls))
    message = announcement(Announcement(kind, pulls[0] if kind is AnnouncementKind.PULL_REQUEST else None), session)
    assert_valid(message)
    assert_calls_nobody(message, "U1")


def test_catching_up_shows_the_last_message_and_counts_the_others():
    message = caught_up(12, "I opened a **pull request**.", SESSION, 45)
    assert_valid(message)
    assert message.text == (
        f"{sentences.caught_up('45 minutes', '12 messages')} <https://app.devin.ai/sessions/abc|"
        f"{sentences.THE_OTHERS}>\n"
        "I opened a **pull request**."
    )
    assert message.blocks == snapshot(
        [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": Is(
                        f"{sentences.caught_up('45 minutes', '12 messages')} <https://app.devin.ai/sessions/abc|"
                        f"{sentences.THE_OTHERS}>"
                    ),
                    "verbatim": True,
                },
            },
            {"type": "markdown", "text": "I opened a **pull request**."},
        ]
    )


def test_catching_up_with_one_message():
    message = caught_up(1, "Hello", SESSION, 1)
    assert message.text == (f"{sentences.caught_up('1 minute', '1 message')}\nHello")
    for last in ("", NASTY * 9_000):
        assert_valid(caught_up(3, last, SESSION, 0))


def test_a_duplicate_that_was_ended():
    message = duplicate_ended(SESSION)
    assert_valid(message)
    assert message.text == sentences.started_twice("https://app.devin.ai/sessions/abc")
    assert [node["url"] for node in nodes(message.blocks) if "url" in node] == []
