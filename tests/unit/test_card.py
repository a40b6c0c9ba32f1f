"""The card of a session."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from bot.domain.session import DisplayState, Lifecycle, Options, PullRequest, Session, Snapshot
from bot.views.card import card, pull_request_link, pull_request_name
from bot.views.sentences import DETAIL_SENTENCES, STATE_EMOJI, STATE_SENTENCES, STATE_WORDS, STOPPABLE, state_sentence
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid, nodes

NOW = 1_733_386_000.0
PULL = PullRequest("https://github.com/acme/web/pull/12", "open")
SESSION = Session(
    id="s1",
    team="T1",
    org_id="org-1",
    channel="C1",
    thread_ts="1.0",
    requester="U1",
    prompt="fix the flaky login test",
    options=Options(repo="acme/web", mode="fast", acu=10, tags=("a", "b")),
    lifecycle=Lifecycle.OPEN,
    devin_id="devin-abc",
    url="https://app.devin.ai/sessions/abc",
    snapshot=Snapshot("running", "working", "Fix the login test", (PULL,), 1.5, updated_at=1_733_385_600),
    created_at=1_733_385_000.0,
)


def seen(status, detail=None, **more):
    return replace(SESSION, snapshot=replace(SESSION.snapshot, status=status, detail=detail, pull_requests=(), **more))


def test_a_working_session():
    message = card(SESSION, NOW)
    assert_valid(message)
    assert message.text == snapshot("Fix the login test: Working. Reply in this thread to steer it.")
    assert message.blocks == snapshot(
        [
            {"type": "header", "text": {"type": "plain_text", "text": "Fix the login test"}},
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": ":gear: Working. Reply in this thread to steer it.",
                    "verbatim": True,
                },
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": ":twisted_rightwards_arrows: <https://github.com/acme/web/pull/12|acme/web#12> (open)",
                    "verbatim": True,
                },
            },
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "Asked by <@U1> · repo acme/web · mode fast · tags a, b",
                        "verbatim": True,
                    }
                ],
            },
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "1.5 of 10 ACUs · last sign of life <!date^1733385600^{ago}|2024-12-05 08:00 UTC>",
                        "verbatim": True,
                    }
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "open",
                        "text": {"type": "plain_text", "text": "Open in Devin"},
                        "url": "https://app.devin.ai/sessions/abc",
                    },
                    {
                        "type": "button",
                        "action_id": "stop",
                        "text": {"type": "plain_text", "text": "Stop"},
                        "value": "s1",
                        "style": "danger",
                    },
                ],
            },
        ]
    )


def test_a_session_that_only_begins():
    message = card(replace(SESSION, lifecycle=Lifecycle.QUEUED, url=None, options=Options(), snapshot=Snapshot()), NOW)
    assert_valid(message)
    assert message.blocks == snapshot(
        [
            {"type": "header", "text": {"type": "plain_text", "text": "fix the flaky login test"}},
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": ":hourglass_flowing_sand: Starting: Devin gets the task in a moment.",
                    "verbatim": True,
                },
            },
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "Asked by <@U1>", "verbatim": True}]},
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "stop",
                        "text": {"type": "plain_text", "text": "Stop"},
                        "value": "s1",
                        "style": "danger",
                    }
                ],
            },
        ]
    )


@pytest.mark.parametrize(
    ("session", "sentence"),
    [
        (replace(SESSION, lifecycle=Lifecycle.QUEUED), "Starting: Devin gets the task in a moment."),
        (
            replace(SESSION, lifecycle=Lifecycle.CREATING, checking=True),
            (
                "Checking: Devin's answer got lost, so we are looking whether the session exists. Please don't start it "
                "again: within about a minute it is found, or the task is tried once more."
            ),
        ),
        (seen("new"), "Queued: Devin has the task and begins as soon as a machine is free."),
        (seen("resuming"), "Waking up: Devin goes on where it stopped."),
        (seen("running", "working"), "Working. Reply in this thread to steer it."),
        (
            seen("running", "waiting_for_user"),
            "Waiting for <@U1>: answer Devin in this thread and it goes on.",
        ),
        (
            seen("running", "waiting_for_approval"),
            (
                "Waiting for an approval: <@U1>, open the session in Devin and allow or refuse the next action. "
                "That cannot be done from Slack."
            ),
        ),
        (
            seen("running", "finished"),
            "Done. If something is missing, reply in this thread and Devin goes on.",
        ),
        (
            seen("suspended", "inactivity"),
            "Asleep after a while without activity; nothing is lost. Reply in this thread to wake Devin.",
        ),
        (
            seen("suspended", "user_request"),
            "Stopped. It sleeps and nothing is lost: reply in this thread and Devin goes on.",
        ),
        (
            replace(seen("suspended", "user_request"), stopped_by="U2"),
            "Stopped by <@U2>. It sleeps and nothing is lost: reply in this thread and Devin goes on.",
        ),
        (
            replace(SESSION, stop_requested=True),
            "Stopping: Devin is being put to sleep; nothing is lost.",
        ),
        (
            seen("suspended", "usage_limit_exceeded"),
            (
                "Paused: the session has used up its own limit of 10 ACUs. Whoever asked for it can raise it in Devin, "
                "or start a new session with a higher `acu=`."
            ),
        ),
        (
            seen("suspended", "out_of_credits"),
            (
                "Paused: there are no credits left. Somebody who manages billing can buy more in Devin; "
                "then reply in this thread and Devin goes on."
            ),
        ),
        (
            seen("suspended", "out_of_quota"),
            (
                "Paused: the quota of your plan is used up. Wait until it renews, or ask somebody who manages billing "
                "to raise it in Devin; then reply in this thread and Devin goes on."
            ),
        ),
        (
            seen("suspended", "no_quota_allocation"),
            (
                "Paused: no quota is allocated for this session. An admin of your Devin organisation can allocate some; "
                "then reply in this thread and Devin goes on."
            ),
        ),
        (
            seen("suspended", "payment_declined"),
            (
                "Paused: a payment to Devin was declined. Somebody who manages billing has to update the payment method "
                "in Devin; then reply in this thread and Devin goes on."
            ),
        ),
        (
            seen("suspended", "org_usage_limit_exceeded"),
            (
                "Paused: your Devin organisation has reached its usage limit. An admin of the organisation can raise it; "
                "then reply in this thread and Devin goes on."
            ),
        ),
        (
            seen("suspended", "user_usage_limit_exceeded"),
            (
                "Paused: the person or service user this session runs for has reached their usage limit. An admin of "
                "your Devin organisation can raise it; then reply in this thread and Devin goes on."
            ),
        ),
        (
            seen("suspended", "total_session_limit_exceeded"),
            (
                "Paused: your Devin organisation runs as many sessions as it may. Stop one that is not needed "
                "(`/devin list` shows yours) or ask an admin to raise the limit; "
                "then reply in this thread and Devin goes on."
            ),
        ),
        (
            seen("suspended", "error"),
            (
                "Suspended by a fault at Devin. Reply in this thread to try to wake it; "
                "if that does not help, open the session in Devin or start a new one."
            ),
        ),
        (
            seen("error"),
            (
                "Failed: Devin ended the session with an error. Open it in Devin to see what happened, "
                "then start a new one if it is still needed."
            ),
        ),
        (
            seen("suspended", "sold_<!channel>"),
            (
                "Devin says: “suspended” / “sold_&lt;\u200b!channel&gt;”. "
                "Open the session in Devin to see what that means."
            ),
        ),
        (
            replace(SESSION, lifecycle=Lifecycle.ENDED),
            (
                "Ended. Replies in this thread no longer reach Devin; "
                "use `/devin` or mention Devin Bridge to start a new session."
            ),
        ),
        (
            replace(SESSION, lifecycle=Lifecycle.CANCELLED, stopped_by="U2"),
            "Cancelled by <@U2> before it began. Nothing was started and nothing was spent.",
        ),
        (
            replace(SESSION, lifecycle=Lifecycle.REFUSED),
            "Not started; the reason stands in this thread. Nothing is running.",
        ),
    ],
)
def test_every_state_has_its_sentence_with_the_next_step(session, sentence):
    assert state_sentence(session) == sentence
    message = card(session, NOW)
    assert_valid(message)
    assert sentence in message.text
    assert sentence in message.blocks[1]["text"]["text"]


def test_no_state_is_without_words():
    assert set(STATE_SENTENCES) == set(STATE_EMOJI) == set(STATE_WORDS) == set(DisplayState)
    assert len(set(DETAIL_SENTENCES.values())) == len(DETAIL_SENTENCES) == 15


@pytest.mark.parametrize(
    ("session", "stoppable"),
    [
        (SESSION, True),
        (replace(SESSION, lifecycle=Lifecycle.QUEUED), True),
        (replace(SESSION, stop_requested=True), False),
        (seen("running", "finished"), False),
        (seen("suspended", "inactivity"), False),
        (replace(SESSION, lifecycle=Lifecycle.ENDED), False),
    ],
)
def test_stop_is_offered_while_there_is_something_to_stop(session, stoppable):
    ids = [node["action_id"] for node in nodes(card(session, NOW).blocks) if "action_id" in node]
    assert ids == (["open", "stop"] if stoppable else ["open"])
    assert (session.display_state in STOPPABLE and not session.stop_requested) is stoppable


def test_without_an_address_there_is_no_open_button():
    for url in (None, "javascript:alert(1)", "https://x.example/" + "a" * 4_000):
        assert "Open in Devin" not in str(card(replace(SESSION, url=url), NOW).blocks)


def test_extreme_input_stays_within_the_limits_and_calls_nobody():
    pulls = tuple(PullRequest(f"https://github.com/{'o' * 300}/web/pull/{n}", NASTY * 9) for n in range(100))
    session = replace(
        SESSION,
        options=Options(NASTY * 99, NASTY * 99, NASTY * 99, 10, (NASTY,) * 50, NASTY),
        snapshot=replace(SESSION.snapshot, detail=NASTY * 99, title=NASTY * 100 + "x" * 10_000, pull_requests=pulls),
    )
    message = card(session, NOW)
    assert_valid(message)
    assert_calls_nobody(message, "U1")
    assert "and 90 more pull requests" in message.text + str(message.blocks)


def test_a_sign_of_life_from_the_future_is_now():
    message = card(replace(SESSION, snapshot=replace(SESSION.snapshot, updated_at=int(NOW) + 500)), NOW)
    assert f"<!date^{int(NOW)}^{{ago}}|" in str(message.blocks)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/web/pull/12", "acme/web#12"),
        ("https://gitlab.example/group/sub/web/-/merge_requests/5", "group/sub/web!5"),
        ("https://bitbucket.org/acme/web/pull-requests/7", "acme/web#7"),
        ("https://dev.example/changes/9", "dev.example/changes/9"),
    ],
)
def test_pull_requests_are_named_as_their_host_does(url, name):
    assert pull_request_name(url) == name
    assert pull_request_link(PullRequest(url, "merged")) == f"<{url}|{name}> (merged)"
