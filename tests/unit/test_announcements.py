"""What is posted into a session's thread."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.announcements import AnnouncementKind, TurnEnd
from bot.domain.session import LIMIT_DETAILS, Lifecycle, Options, PullRequest, Session, Snapshot
from bot.views.announcements import caught_up, devin_parts, duplicate_ended, new_pull_request, parts_of, turn_end
from bot.views.sentences import DETAIL_SENTENCES
from tests.markup import with_markup
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid, nodes

PULL = PullRequest("https://github.com/acme/web/pull/12", "open")
OTHER = PullRequest("https://github.com/acme/web/pull/13", "draft")
OWN = "usage_limit_exceeded"
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


def devin_message(markdown, session):
    """The Slack messages for a message of Devin's while it works."""
    return devin_parts(parts_of(markdown, session), session)


def test_devins_words_in_one_message():
    (message,) = devin_message("**Done**: see `login.py` & the <b>test</b>", SESSION)
    assert_valid(message)
    assert message.text == "Fix the login test: Done: see login.py &amp; the test"
    assert message.blocks == [{"type": "markdown", "text": "**Done**: see `login.py` & the <b>test</b>"}]


def test_each_part_of_a_long_message_has_its_own_words_as_text():
    first, second = devin_message("**One.** " * 1_000 + "\n\n" + "| Two |\n|-----|\n| 2 |\n" * 500, SESSION)
    assert first.text.startswith("Fix the login test: One. One. ")
    assert second.text.startswith("Fix the login test: Two 2 ")
    for message in (first, second):
        assert_valid(message)
        assert "\n" not in message.text


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
    assert messages[-1].blocks[1]["elements"][0]["text"] == snapshot(
        "The rest is too long for Slack. <https://app.devin.ai/sessions/abc|Read all of it in Devin.>"
    )
    without = devin_message("\n\n".join("word " * 200 for _ in range(100)), replace(SESSION, url=None))
    assert without[-1].blocks[1]["elements"][0]["text"] == snapshot(
        "The rest is too long for Slack. All of it is in Devin."
    )


def test_five_full_parts_are_complete():
    messages = devin_message("\n\n".join("x" * 11_400 for _ in range(5)), SESSION)
    assert [len(message.blocks) for message in messages] == [1, 1, 1, 1, 1]


@example("\x1b~", 3)  # a fence, once the sign that nobody sees is gone
@given(st.text(max_size=200), st.integers(1, 400))
def test_whatever_devin_writes_is_a_valid_message(text, times):
    for message in devin_message(text * times, SESSION):
        assert_valid(message)


# ---------------------------------------------------------------- the ends of turns


def ended(kind, snapshot=None, words=None, users=("U1",), **more):
    """The post of an end of a turn, and its blocks as text."""
    session = replace(SESSION, **more).with_snapshot(snapshot or SESSION.snapshot)
    part = parts_of(words, session)[0] if words else None
    message = turn_end(TurnEnd(kind, session.snapshot.detail), session, part, list(users))
    assert_valid(message)
    assert_calls_nobody(replace(message, blocks=[]))
    assert not with_markup([message.text])
    return message.text, shown(message)


def shown(message):
    return [block["text"] if block["type"] == "markdown" else texts(block) for block in message.blocks]


def texts(block):
    if block["type"] == "section":
        return block["text"]["text"]
    return " ".join(
        part["text"] if isinstance(part["text"], str) else part["text"]["text"] for part in block["elements"]
    )


WAITING = Snapshot("running", "waiting_for_user", "Fix the login test", updated_at=1_733_385_720)
CHOICE = "Which one do you want?\n\n1. Freeze the **clock**\n2. Pass a clock in"


def test_a_question_is_one_post_with_what_devin_asks():
    assert ended(AnnouncementKind.QUESTION, WAITING, CHOICE, worked=125.0) == (
        "Fix the login test: Which one do you want? 1 Freeze the clock 2 Pass a clock in",
        [
            ":speech_balloon: <@U1>, Devin has a question. Reply here.",
            CHOICE,
            "worked 2 min",
        ],
    )


def test_a_question_without_new_words_repeats_the_last_ones_in_the_notification():
    text, (line,) = ended(AnnouncementKind.QUESTION, replace(WAITING, last_words="Which branch?"))
    assert (text, line) == (
        "Fix the login test: Which branch?",
        ":speech_balloon: <@U1>, Devin has a question. Reply here.",
    )
    assert ended(AnnouncementKind.QUESTION, WAITING)[0] == "Fix the login test: Devin has a question"


def test_who_replied_last_is_called_too_and_who_wants_no_call_is_named():
    assert ended(AnnouncementKind.QUESTION, WAITING, users=("U1", "U2"))[1][0] == snapshot(
        ":speech_balloon: <@U1> <@U2>, Devin has a question. Reply here."
    )
    assert ended(AnnouncementKind.QUESTION, WAITING, users=(), requester_name="Ann")[1][0] == snapshot(
        ":speech_balloon: Ann, Devin has a question. Reply here."
    )


@pytest.mark.parametrize(
    ("pulls", "result", "there", "shown_there"),
    [
        ((PULL,), False, "see acme/web#12", f"see <{PULL.url}|acme/web#12>"),
        ((PULL, OTHER), False, "see 2 pull requests", "see 2 pull requests"),
        ((), True, "see its answer", "see its answer"),
    ],
)
def test_where_it_is_not_known_whether_devin_asks_the_post_says_what_is_there(pulls, result, there, shown_there):
    snapshot = replace(WAITING, pull_requests=pulls, has_result=result)
    text, (line, *_) = ended(AnnouncementKind.WAITS, snapshot)
    assert text == f"Fix the login test: Devin is waiting for you ({there})"
    assert line == f":speech_balloon: <@U1>, Devin is waiting for you · {shown_there}"
    text, (_, words, *_) = ended(AnnouncementKind.WAITS, snapshot, "I need the **key**:\n\n- `staging`\n- `live`")
    assert text == f"Fix the login test: Devin is waiting for you ({there}): I need the key: staging live"
    assert words == "I need the **key**:\n\n- `staging`\n- `live`"


def test_an_answer_that_asks_nothing_is_one_post_with_devins_words():
    snapshot = replace(WAITING, asks=False)
    assert ended(AnnouncementKind.ANSWERED, snapshot, "The job takes **40 minutes**.", worked=125.0) == (
        "Fix the login test: The job takes 40 minutes.",
        [
            ":speech_balloon: <@U1>, Devin has answered. Reply here for more.",
            "The job takes **40 minutes**.",
            "0 of 10 ACUs · worked 2 min",
        ],
    )
    assert ended(AnnouncementKind.ANSWERED, snapshot)[0] == "Fix the login test: Devin has answered"


def test_an_approval_is_given_in_devin():
    snapshot = replace(WAITING, detail="waiting_for_approval")
    assert ended(AnnouncementKind.APPROVAL, snapshot, "May I run `make`?") == (
        "Fix the login test needs your approval: May I run make?",
        [
            ":raised_hand: <@U1>, Devin needs your approval. Approve or deny it in Devin.",
            "May I run `make`?",
            "Approve in Devin",
        ],
    )


def test_the_end_names_the_pull_request_the_cost_and_the_time():
    assert ended(AnnouncementKind.DONE, words="All tests pass.", worked=372.0) == (
        "Fix the login test is done: acme/web#12 ready for review, 1.5 of 10 ACUs",
        [
            ":white_check_mark: <@U1>, done in 6 min. Reply here for changes.",
            "All tests pass.",
            f":twisted_rightwards_arrows: <{PULL.url}|acme/web#12> (open)",
            "1.5 of 10 ACUs",
        ],
    )


@pytest.mark.parametrize(
    ("snapshot", "words", "text", "facts"),
    [
        (Snapshot("exit", None, "Say hello"), None, "Say hello is done", ["no pull request"]),
        (
            Snapshot("exit", None, "Say hello", acus=2.0),
            "I said *hello*.",
            "Say hello is done (2 ACUs): I said hello.",
            ["I said *hello*.", "no pull request · 2 ACUs"],
        ),
        (Snapshot("exit", None, "Say hello", has_result=True), None, "Say hello is done", []),
    ],
)
def test_an_end_without_a_pull_request(snapshot, words, text, facts):
    line = ":white_check_mark: <@U1>, done."  # a session that has ended takes no more messages
    assert ended(AnnouncementKind.DONE, snapshot, words, options=Options()) == (text, [line, *facts])


@pytest.mark.parametrize(
    ("kind", "snapshot_", "text"),
    [
        (
            AnnouncementKind.LIMIT,
            Snapshot("suspended", "team_budget"),
            (":no_entry: <@U1> · Paused by Devin (“team_budget”). Open Devin for the reason, then reply to resume."),
        ),
        (
            AnnouncementKind.LIMIT,
            Snapshot("suspended", "stopped_by_guardrail"),
            (
                ":no_entry: <@U1> · Paused by Devin (“stopped_by_guardrail”). Open Devin for the reason, "
                "then reply to resume."
            ),
        ),
        (
            AnnouncementKind.ENDED,
            Snapshot("exit", "contract_expired"),
            ":checkered_flag: <@U1> · Ended in Devin (“contract_expired”). Open the session there to see why.",
        ),
        (
            AnnouncementKind.QUESTION,
            Snapshot("running", "waiting_for_login"),
            (
                ":speech_balloon: <@U1>, Devin needs your input (“waiting_for_login”). Reply here or open "
                "the session in Devin."
            ),
        ),
    ],
    ids=["limit", "guardrail", "end", "wait"],
)
def test_an_unknown_detail_is_announced_like_its_family_with_devins_word(kind, snapshot_, text):
    _, (line, *_, button) = ended(kind, snapshot_)
    buttons = "Start a follow-up Open in Devin" if kind is AnnouncementKind.ENDED else "Open in Devin"
    assert (line, button) == (text, buttons)


@pytest.mark.parametrize(("kind", "pulls"), [(AnnouncementKind.QUESTION, ()), (AnnouncementKind.WAITS, (PULL,))])
def test_what_devin_needs_by_a_new_word_is_no_answer_in_the_notification_either(kind, pulls):
    snapshot = replace(WAITING, detail="waiting_for_secret", pull_requests=pulls)
    text = "Fix the login test: Devin needs your input (“waiting_for_secret”)"
    assert ended(kind, snapshot)[0] == text
    assert ended(kind, snapshot, "Give me the **key**.")[0] == f"{text}: Give me the key."


@pytest.mark.parametrize("detail", sorted(LIMIT_DETAILS))
def test_every_limit_says_who_can_raise_it(detail):
    text, (line, *_) = ended(AnnouncementKind.LIMIT, Snapshot("suspended", detail, "Refactor everything"))
    assert line == f":no_entry: <@U1> · {DETAIL_SENTENCES[detail]}"
    assert detail == OWN or any(word in line for word in ("aise", "allocate", "buy", "update", "more"))
    assert text.startswith(
        "Refactor everything has used its 10 ACUs" if detail == OWN else "Refactor everything is paused: "
    )


def test_a_session_at_its_own_limit_is_out_of_acus():
    snapshot = Snapshot("suspended", OWN, "Refactor everything", acus=10.0)
    _, (line, *others) = ended(AnnouncementKind.LIMIT, snapshot)
    assert line == ":no_entry: <@U1> · Out of ACUs."
    assert others == ["10 of 10 ACUs", "Open in Devin"]


def test_a_limit_in_one_line():
    snapshot = Snapshot("suspended", "out_of_credits", "Refactor everything")
    assert ended(AnnouncementKind.LIMIT, snapshot)[0] == "Refactor everything is paused: out of credits"


def test_a_failure():
    assert ended(AnnouncementKind.FAILED, Snapshot("error", None, "Say hello", acus=1.0), options=Options()) == (
        "Say hello has failed",
        [
            ":x: <@U1> · Failed: Devin ended the session with an error.",
            "1 ACU",
            "Open in Devin",
        ],
    )


def test_a_failure_says_why_in_devins_words_once():
    snapshot = Snapshot("error", None, "Say hello", last_words="No **such** <!channel>.\nSorry.")
    _, (line, *_) = ended(AnnouncementKind.FAILED, snapshot)
    assert line == ":x: <@U1> · Failed: “No such &lt;\u200b!channel&gt;. Sorry.”"
    _, (line, *others) = ended(AnnouncementKind.FAILED, snapshot, "No such thing.")
    assert line == ":x: <@U1> · Failed: Devin ended the session with an error."
    assert others[0] == "No such thing."


@pytest.mark.parametrize("kind", list(AnnouncementKind))
def test_ends_of_extreme_sessions_are_valid(kind):
    pulls = tuple(PullRequest(f"https://github.com/{'o' * 400}/{n}{NASTY}/pull/{n}", NASTY * 9) for n in range(100))
    session = replace(SESSION, url=None, snapshot=Snapshot("suspended", NASTY * 99, NASTY * 999, pulls))
    for words in [None, *parts_of(NASTY * 9_000, session)]:
        message = turn_end(TurnEnd(kind, NASTY), session, words, ["U1"])
        assert_valid(message)
        assert_calls_nobody(message, "U1")
        assert str(message.blocks).count("<@U1>") == 1


@pytest.mark.parametrize(("owner", "named"), [("acme", 10), ("o" * 120, 3)])
def test_what_an_end_does_not_name_of_its_pull_requests_it_counts_and_status_lists(owner, named):
    pulls = tuple(PullRequest(f"https://github.com/{owner}/web/pull/{n}", "open") for n in range(1, 13))
    session = replace(SESSION, snapshot=replace(SESSION.snapshot, pull_requests=pulls))
    message = turn_end(TurnEnd(AnnouncementKind.ANSWERED), session, None, ["U1"])
    assert_valid(message)
    lines = "\n".join(shown(message))
    assert f"{owner}/web#{named}>" in lines
    assert f"{owner}/web#{named + 1}>" not in lines
    assert f"and {12 - named} more pull requests; `status` lists them" in lines


def test_a_new_pull_request_calls_nobody():
    message = new_pull_request(PULL, SESSION)
    assert_valid(message)
    assert message.text == "Fix the login test: new pull request acme/web#12"
    assert shown(message) == [f":twisted_rightwards_arrows: New pull request: <{PULL.url}|acme/web#12> (open)"]


def test_catching_up_shows_the_last_message_and_counts_the_others():
    message = caught_up(12, "I opened a **pull request**.", SESSION, 45)
    assert_valid(message)
    assert message.text == (
        snapshot(
            "Fix the login test: Devin's messages couldn't be shown for 45 minutes. Here's the latest of "
            "12 messages. I opened a pull request."
        )
    )
    assert message.blocks == snapshot(
        [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": (
                        ":information_source: Devin's messages couldn't be shown for 45 minutes. Here's "
                        "the latest of 12 messages. <https://app.devin.ai/sessions/abc|The rest are in "
                        "Devin.>"
                    ),
                    "verbatim": True,
                },
            },
            {"type": "markdown", "text": "I opened a **pull request**."},
        ]
    )


def test_catching_up_with_one_message():
    message = caught_up(1, "# Hello", SESSION, 1)
    assert message.text == snapshot(
        "Fix the login test: Devin's messages couldn't be shown for 1 minute. Here's the latest of 1 message. Hello"
    )
    assert message.blocks[0]["text"]["text"] == snapshot(
        ":information_source: Devin's messages couldn't be shown for 1 minute. Here's the latest of 1 message."
    )
    for last in ("", NASTY * 9_000):
        assert_valid(caught_up(3, last, SESSION, 0))


def test_a_duplicate_that_was_ended():
    message = duplicate_ended(SESSION)
    assert_valid(message)
    assert message.text == snapshot(
        ":information_source: Devin started this task twice after a network error. The duplicate was "
        "stopped; its ACUs still count. The first session keeps running."
    )
    assert shown(message) == [
        (
            ":information_source: Devin started this task twice after a network error. The duplicate was "
            "stopped; its ACUs still count. <https://app.devin.ai/sessions/abc|The first session> keeps "
            "running."
        )
    ]
    assert [node["url"] for node in nodes(message.blocks) if "url" in node] == []
