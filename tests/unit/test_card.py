"""The card of a session."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from bot.domain.dead_ends import OWN_LIMIT
from bot.domain.session import DisplayState, Lifecycle, Options, PullRequest, Session, Snapshot
from bot.views.card import ACU, card, spent
from bot.views.pull_requests import pull_request_link, pull_request_name
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
    requester_name="Ann",
    prompt="fix the flaky login test",
    options=Options(repo="acme/web", mode="fast", acu=10, tags=("a", "b")),
    lifecycle=Lifecycle.OPEN,
    devin_id="devin-abc",
    url="https://app.devin.ai/sessions/abc",
    snapshot=Snapshot("running", "working", "Fix the login test", (PULL,), 1.5, updated_at=1_733_385_600),
    created_at=1_733_385_000.0,
    working_since=1_733_385_060.0,
)


def seen(status, detail=None, **more):
    return replace(SESSION, snapshot=replace(SESSION.snapshot, status=status, detail=detail, pull_requests=(), **more))


BUTTONS = [
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
]
TITLE = "*<https://app.devin.ai/sessions/abc|Fix the login test>*"
LINKED = "<https://github.com/acme/web/pull/12|acme/web#12> (open)"


def mrkdwn(text):
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def state_line(session):
    """The second line of the card."""
    return card(session, NOW).blocks[0]["text"]["text"].split("\n")[1]


QUESTION = "Which clock?\n\n- `frozen`\n- passed in\n\n```\nnow()\n```"


def says(session, words, **more):
    return replace(session, snapshot=replace(session.snapshot, last_words=words, **more))


@pytest.mark.parametrize("state", ["new", "running"])
def test_a_limit_is_shown_from_the_first_card_on(state):
    shown = str(card(replace(seen(state, acus=0.0), acu_limit=5), NOW).blocks)
    assert shown.count("up to 5 ACUs") == 1


def test_an_acu_is_explained_on_a_first_card_until_it_is_done():
    explained = [
        ACU in [text["text"] for text in nodes(card(one, NOW, first=True).blocks) if text.get("type") == "mrkdwn"]
        for one in (SESSION, seen("error"), seen("exit", "finished"))
    ]
    assert explained == [True, True, False]
    assert len(card(seen("running", "finished"), NOW, first=True).blocks) == 1  # its two lines


def test_a_working_session_shows_what_devin_does():
    message = card(says(SESSION, "I run the tests."), NOW)
    assert_valid(message)
    assert message.text == "Fix the login test: working"
    started = "started <!date^1733385060^{ago}|Dec 5, 2024 at 7:51 AM UTC>"
    assert message.blocks == [
        {
            "type": "section",
            "text": mrkdwn(f"{TITLE}\n:gear: Working · {started} · 1.5 of 10 ACUs · reply in this thread to steer it"),
        },
        {"type": "markdown", "text": "I run the tests."},
        {
            "type": "context",
            "elements": [
                mrkdwn(
                    f"Started by Ann · acme/web · {LINKED} · "
                    "active <!date^1733385600^{ago}|Dec 5, 2024 at 8:00 AM UTC>"
                )
            ],
        },
        {"type": "actions", "elements": BUTTONS},
    ]


def test_a_new_word_for_work_stands_beside_it():
    planning = replace(SESSION, snapshot=replace(SESSION.snapshot, detail="planning"))
    assert state_line(planning).startswith(":gear: Working: planning · started <!date^")
    assert card(planning, NOW).text == "Fix the login test: working"


def test_of_a_long_text_the_beginning_is_shown_while_devin_works():
    code = "a line of code\n" * 30
    words = card(says(SESSION, f"I read this first:\n\n```\n{code}```"), NOW).blocks[1]["text"]
    assert words.startswith("I read this first:\n\n```\na line of code\n")
    assert words.endswith("\na line of code\n```\n…"), "a fence that is cut is closed"
    assert len(words) <= 300


@pytest.mark.parametrize(
    "asks",
    [
        seen("running", "waiting_for_user"),
        seen("running", "waiting_for_approval"),
        seen("running", "waiting_for_login"),
        seen("suspended", "inactivity", asks=True),
    ],
)
def test_a_question_stands_on_the_card_with_its_lines_and_its_code_until_it_is_answered(asks):
    message = card(says(asks, QUESTION), NOW)
    assert_valid(message)
    assert message.blocks[1] == {"type": "markdown", "text": QUESTION}
    assert "markdown" not in [block["type"] for block in card(says(asks, ""), NOW).blocks]


def test_a_workspace_without_blocks_of_markdown_reads_the_question_in_one_line():
    plainer = card(says(seen("running", "waiting_for_user"), QUESTION), NOW).plainer
    assert_valid(plainer)
    assert plainer.blocks[1] == {"type": "section", "text": mrkdwn("Which clock? frozen passed in now()")}
    assert plainer.blocks[-1]["elements"] == BUTTONS


@pytest.mark.parametrize(
    "other",
    [
        seen("running", "finished"),
        seen("running", "waiting_for_user", asks=False),
        seen("suspended", "inactivity", asks=None),
        seen("suspended", "out_of_credits"),
        replace(seen("running", "waiting_for_user"), stop_requested=True),
    ],
)
def test_in_other_states_the_card_repeats_no_words(other):
    message = card(says(other, QUESTION), NOW)
    assert "clock" not in str(message.blocks)
    assert message.plainer is None


def test_what_devin_says_on_the_card_calls_nobody():
    message = card(says(seen("running", "waiting_for_user"), NASTY * 5), NOW)
    for form in message.forms():
        assert_valid(form)
        assert_calls_nobody(form)


@pytest.mark.parametrize(
    ("since", "line"),
    [(1_200.0, "No news for 20 min"), (1_259.0, "No news for 20 min"), (4_000.0, "No news for 1 h 6 min")],
)
def test_where_devin_works_and_nothing_new_comes_the_card_says_for_how_long(since, line):
    quiet = NOW - since
    silent = says(replace(SESSION, progress_at=quiet, spoken_at=quiet - 9, working_since=quiet - 99), "I build it.")
    message, line = card(silent, NOW, 1_200.0), f"{line}. Devin's status: “running” / “working”."
    assert_valid(message)
    assert message.blocks[0]["text"]["text"].split("\n")[2] == line
    assert "active" not in str(message.blocks), "its figures may show that it is, and nobody is helped by that"
    assert line in message.plainer.blocks[0]["text"]["text"]


@pytest.mark.parametrize(
    "session",
    [
        replace(SESSION, progress_at=NOW - 1_199.0),
        replace(SESSION, spoken_at=NOW - 1_199.0),
        replace(SESSION, working_since=NOW - 1_199.0),
        replace(SESSION, stop_requested=True),
        replace(seen("running", "waiting_for_user"), working_since=None),
    ],
)
def test_after_news_and_while_devin_rests_nothing_is_said_about_silence(session):
    assert "No news" not in str(card(replace(session, created_at=NOW - 9_999.0), NOW, 1_200.0).blocks)


def test_the_hint_stands_until_the_first_reply():
    assert state_line(SESSION).endswith("reply in this thread to steer it")
    assert "reply in this thread to steer it" not in state_line(replace(SESSION, spoken_at=SESSION.created_at + 9))


def test_a_session_that_is_done_takes_two_lines():
    done = replace(seen("running", "finished", asks=False), worked=372.0)
    message = card(replace(done, snapshot=replace(done.snapshot, pull_requests=(PULL,))), NOW)
    assert_valid(message)
    review = {
        "type": "button",
        "action_id": "review",
        "text": {"type": "plain_text", "text": "Review PR"},
        "url": PULL.url,
    }
    assert message.text == "Fix the login test: done"
    assert message.blocks == [
        {
            "type": "section",
            "text": mrkdwn(f"{TITLE}\n:white_check_mark: Done in 6 min · 1.5 of 10 ACUs · {LINKED} · started by Ann"),
            "accessory": review,
        }
    ]


def test_more_pull_requests_than_one_have_no_button():
    other = PullRequest("https://github.com/acme/web/pull/13", "draft")
    done = replace(SESSION, snapshot=replace(SESSION.snapshot, detail="finished", pull_requests=(PULL, other)))
    (block,) = card(done, NOW).blocks
    assert block["accessory"] == BUTTONS[0]


def test_a_session_that_has_answered_says_so_in_the_notification_too():
    assert card(seen("running", "waiting_for_user", asks=False), NOW).text == "Fix the login test: answered"


def test_a_session_that_only_begins():
    begins = replace(SESSION, lifecycle=Lifecycle.QUEUED, url=None, options=Options(), snapshot=Snapshot())
    message = card(begins, NOW)
    assert_valid(message)
    assert message.blocks == [
        {
            "type": "section",
            "text": mrkdwn(
                "*fix the flaky login test*\n:hourglass_flowing_sand: Starting: Devin gets the task in a moment."
            ),
        },
        {"type": "context", "elements": [mrkdwn("Started by Ann")]},
        {"type": "actions", "elements": [BUTTONS[1]]},
    ]


def test_in_a_resting_state_the_card_says_how_long_devin_worked():
    waits = replace(seen("running", "waiting_for_user"), worked=65.0)
    assert state_line(waits) == snapshot(":speech_balloon: Waiting for Ann's answer in this thread.")
    facts = card(waits, NOW).blocks[1]["elements"][0]["text"]
    assert facts.startswith("Started by Ann · acme/web · worked 1 min · 1.5 of 10 ACUs · active ")


def test_the_facts_say_within_which_time_devin_worked():
    facts = card(rested(seen("running", "waiting_for_user"), 372.0, 7_300.0), NOW).blocks[1]["elements"][0]["text"]
    assert "worked 6 min in 2 h 1 min · 1.5 of 10 ACUs" in facts


def rested(session, worked, elapsed):
    return replace(session, worked=worked, progress_at=session.created_at + elapsed)


@pytest.mark.parametrize(
    ("session", "line"),
    [
        (rested(seen("running", "finished"), 372.0, 400.0), "Done in 6 min · 1.5 of 10 ACUs · started by Ann"),
        (
            rested(seen("running", "finished"), 372.0, 7_300.0),
            "Done · worked 6 min in 2 h 1 min · 1.5 of 10 ACUs · started by Ann",
        ),
        (
            replace(SESSION, worked=372.0, working_since=1_733_388_600.0),
            "Working · started <!date^1733385000^{ago}|Dec 5, 2024 at 7:50 AM UTC> · "
            "resumed <!date^1733388600^{ago}|Dec 5, 2024 at 8:50 AM UTC> after 6 min of work · "
            "1.5 of 10 ACUs · reply in this thread to steer it",
        ),
        (
            replace(SESSION, worked=372.0, working_since=1_733_385_400.0),
            "Working · started <!date^1733385000^{ago}|Dec 5, 2024 at 7:50 AM UTC> · "
            "1.5 of 10 ACUs · reply in this thread to steer it",
        ),
    ],
)
def test_the_time_since_the_start_stands_beside_the_time_worked_where_devin_rested_in_between(session, line):
    assert state_line(session).partition(" ")[2] == line


@pytest.mark.parametrize(
    ("sentence", "session"),
    {
        "Starting: Devin gets the task in a moment.": replace(SESSION, lifecycle=Lifecycle.QUEUED),
        "Devin didn't answer. Checking whether your session started; no need to resend (about a minute).": replace(
            SESSION, lifecycle=Lifecycle.CREATING, checking=True
        ),
        "Queued: Devin starts as soon as a machine is free.": seen("new"),
        "Waking up: Devin resumes where it stopped.": seen("resuming"),
        "Working.": seen("running", "working"),
        "Working: sold_&lt;\u200b!channel&gt;.": seen("running", "sold_<!channel>"),
        "Waiting for Ann's answer in this thread.": seen("running", "waiting_for_user"),
        "Devin has answered. Reply here for more.": seen("running", "waiting_for_user", asks=False),
        "Waiting for Ann's approval. Approve or deny the next action in Devin.": seen(
            "running", "waiting_for_approval"
        ),
        "Done. Reply here for changes.": seen("running", "finished"),
        "Asleep. Reply in the thread to resume.": seen("suspended", "inactivity"),
        "Stopped. Reply in the thread to resume.": seen("suspended", "user_request"),
        "Stopped by Ben. Reply in the thread to resume.": replace(
            seen("suspended", "user_request"), stopped_by="U2", stopped_by_name="Ben"
        ),
        "Stopping. Reply to resume later.": replace(SESSION, stop_requested=True),
        "Out of ACUs.": seen("suspended", "usage_limit_exceeded"),
        "Paused: out of credits. Ask your Devin billing admin to add more. Then reply to resume.": seen(
            "suspended", "out_of_credits"
        ),
        (
            "Paused: your plan's quota is used up. It renews, or your Devin billing admin can raise it. "
            "Then reply to resume."
        ): seen("suspended", "out_of_quota"),
        "Paused: this session has no quota. A Devin admin can allocate some. Then reply to resume.": seen(
            "suspended", "no_quota_allocation"
        ),
        (
            "Paused: a payment to Devin was declined. Ask your Devin billing admin to update the payment "
            "method. Then reply to resume."
        ): seen("suspended", "payment_declined"),
        (
            "Paused: your Devin organization is at its usage limit. A Devin admin can raise it. Then reply to resume."
        ): seen("suspended", "org_usage_limit_exceeded"),
        (
            "Paused: the user this session runs for is at their usage limit. A Devin admin can raise "
            "it. Then reply to resume."
        ): seen("suspended", "user_usage_limit_exceeded"),
        (
            "Paused: your Devin organization is at its session limit. Stop one (`/devin list`) or ask a "
            "Devin admin to raise it. Then reply to resume."
        ): seen("suspended", "total_session_limit_exceeded"),
        "Devin paused this session after an error. Reply in the thread to resume.": seen("suspended", "error"),
        "Failed: Devin ended the session with an error.": seen("error"),
        "Failed: “No such thing.”": seen("error", last_words="No such thing."),
        "Failed: “No such thing”.": seen("error", last_words="No *such* thing"),
        "Devin's status: “sold_&lt;\u200b!channel&gt;” / “running”. "
        "Open the session in Devin to see what it means.": seen("sold_<!channel>", "running"),
        "Paused by Devin (“sold_&lt;\u200b!channel&gt;”). Open Devin for the reason, then reply to resume.": seen(
            "suspended", "sold_<!channel>"
        ),
        "Ended in Devin (“stopped_by_&lt;\u200b!channel&gt;”). Open the session there to see why.": seen(
            "exit", "stopped_by_<!channel>"
        ),
        (
            "Ann, Devin needs your input (“waiting_for_&lt;\u200b!channel&gt;”). Reply here or open the "
            "session in Devin."
        ): seen("running", "waiting_for_<!channel>"),
        "Ended. Replies here no longer reach Devin.": replace(SESSION, lifecycle=Lifecycle.ENDED),
        "Canceled by Ben before it started. No ACUs were used.": replace(
            SESSION, lifecycle=Lifecycle.CANCELLED, stopped_by="U2", stopped_by_name="Ben"
        ),
        "Not started. See the thread for the reason.": replace(SESSION, lifecycle=Lifecycle.REFUSED),
    }.items(),
)
def test_every_state_has_its_sentence_with_the_next_step(session, sentence):
    assert state_sentence(session) == sentence
    assert_valid(card(session, NOW))
    if session.display_state not in {DisplayState.WORKING, DisplayState.DONE} or session.stop_requested:
        begins = replace(session, thread_ts=None)
        assert state_line(begins) == f"{STATE_EMOJI[session.display_state]} {sentence}"


def test_a_card_inside_a_thread_leaves_the_reason_to_the_post_beside_it():
    failed = seen("error", last_words="No such thing.")
    inside = replace(failed, thread_ts="1.000001", cause_ts="1.000001", reference="slack-T1-C1-1.000001")
    assert state_line(inside) == ":x: Failed: Devin ended the session with an error."
    assert (
        state_line(replace(inside, lifecycle=Lifecycle.REFUSED))
        == ":no_entry: Not started. See the thread for the reason."
    )
    begins = replace(inside, cause_ts=None)
    assert state_line(begins) == ":x: Failed: “No such thing.”"
    assert state_line(replace(begins, thread_ts="0.5")) == ":x: Failed: Devin ended the session with an error."


def test_no_state_is_without_words():
    assert set(STATE_SENTENCES) == set(STATE_EMOJI) == set(STATE_WORDS) == set(DisplayState)
    assert len(set(DETAIL_SENTENCES.values())) == len(DETAIL_SENTENCES) == 9


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
    assert [one for one in ids if one != "open_form"] == (["open", "stop"] if stoppable else ["open"])
    assert ("open_form" in ids) is (session.display_state in {DisplayState.ENDED, DisplayState.ARCHIVED})
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
    assert "97 more pull requests" in str(message.blocks)


def test_a_sign_of_life_from_the_future_is_now():
    message = card(replace(SESSION, snapshot=replace(SESSION.snapshot, updated_at=int(NOW) + 500)), NOW)
    assert f"<!date^{int(NOW)}^{{ago}}|" in str(message.blocks)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/web/pull/12", "acme/web#12"),
        ("https://gitlab.com/group/sub/web/-/merge_requests/5", "group/sub/web!5"),
        ("https://bitbucket.org/acme/web/pull-requests/7", "acme/web#7"),
        ("https://dev.azure.com/acme/shop/_git/web/pullrequest/12", "acme/shop/web!12"),
        ("https://GitHub.com:443/acme/web/pull/12/", "acme/web#12"),
        ("https://git.acme.example/acme/web/pulls/3", "acme/web#3"),
        ("https://code.acme.example:8443/acme/web/pull/3", "acme/web#3"),
        ("https://dev.example/changes/9", "dev.example/changes/9"),
        ("http://dev.example/changes/9?all=1", "http://dev.example/changes/9?all=1"),
    ],
)
def test_pull_requests_are_named_as_their_host_does(url, name):
    session = replace(SESSION, code_hosts=frozenset({"git.acme.example", "code.acme.example:8443"}))
    assert pull_request_name(url, session.code_hosts) == name
    assert pull_request_link(PullRequest(url, "merged"), session) == f"<{url}|{name}> (merged)"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://evil.example/acme/web/pull/12", "evil.example/acme/web#12"),
        ("https://gitlab.example/group/web/-/merge_requests/5", "gitlab.example/group/web!5"),
        ("https://code.acme.example/acme/web/pull/3", "code.acme.example/acme/web#3"),  # known on another port
        ("https://github.com:8443/acme/web/pull/12", "github.com:8443/acme/web#12"),
        ("https://github.com.evil.example/acme/web/pull/12", "github.com.evil.example/acme/web#12"),
        ("https://evil-github.com/acme/web/pull/12", "evil-github.com/acme/web#12"),
        ("https://github.com@evil.example/acme/web/pull/12", "evil.example/acme/web#12"),
        ("https://github.com:x@evil.example/acme/web/pull/12", "evil.example/acme/web#12"),
        ("https://evil.example@github.com/acme/web/pull/12", "github.com/acme/web#12"),
        ("https://github.com@evil.example/acme", "evil.example/acme"),
        ("https://GITHUB.COM.Evil.Example/acme/web/pull/12", "github.com.evil.example/acme/web#12"),
        ("https://xn--gthub-3ya.com/acme/web/pull/12", "xn--gthub-3ya.com/acme/web#12"),
        ("https://g\u0456thub.com/acme/web/pull/12", "xn--gthub-n2e.com/acme/web#12"),  # a Cyrillic letter
        ("https://github.com\u3002evil.example/acme/web/pull/12", "github.xn--comevil-8o3f.example/acme/web#12"),
        ("https://github.com\uff0fevil.example/acme/web/pull/12", "github.com\\uff0fevil.example/acme/web/pull/12"),
        ("https://evil.example\\@github.com/acme/web/pull/12", "evil.example\\@github.com/acme/web/pull/12"),
        ("https://github.com./acme/web/pull/12", "github.com./acme/web#12"),
        ("https://git\thub.com/acme/web/pull/12", "git\thub.com/acme/web/pull/12"),
        ("https://[evil/acme/web/pull/12", "[evil/acme/web/pull/12"),
        ("javascript:alert(1)//github.com/acme/web/pull/1", "javascript:alert(1)//github.com/acme/web/pull/1"),
    ],
)
def test_a_pull_request_on_a_host_that_is_not_known_is_named_with_the_host_that_it_is_on(url, name):
    hosts = {"git.acme.example", "code.acme.example:8443"}
    assert pull_request_name(url, hosts) == name


def test_a_session_that_may_use_less_than_was_typed_shows_what_it_may_use():
    less = replace(SESSION, acu_limit=2)
    assert (spent(SESSION), spent(less)) == ("1.5 of 10 ACUs", "1.5 of 2 ACUs")
    paused = replace(less, snapshot=replace(less.snapshot, status="suspended", detail=OWN_LIMIT))
    assert state_sentence(paused) == "Out of ACUs."
