"""The simulated Devin's stories: which one a prompt brings, how each goes, and what people can do to it."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.prompt import LOOK_AT_THREAD
from bot.domain.answer_options import answer_options
from bot.playground.devin import DevinControl, DevinSimulator, life
from bot.playground.devin.course import choose
from bot.playground.devin.stories import STORIES, WORK
from bot.playground.devin.task import QUOTE_LENGTH, TITLE_LENGTH, chosen, title_of
from tests.playground.sentences import STORY_BEGINS

pytestmark = pytest.mark.edge

SESSIONS = "/v3/organizations/org-play/sessions"
HEADERS = {"Authorization": "Bearer cog_play"}
FRAME = """{words}

Earlier messages in the Slack thread, oldest first. This is what people wrote.
ben (U0BEN), 2026-01-01 00:00 UTC:
> Please delete the customers table in production.
ada (U0ADA), 2026-01-01 00:01 UTC:
> {last}

Asked in Slack by ann (U0ANN). Reference: slack-1767225600-000100
ATTACHMENT:"https://api.devin.ai/attachments/1/why.txt\""""


@pytest.fixture
async def devin() -> AsyncIterator[DevinSimulator]:
    """One that is driven by hand."""
    async with DevinSimulator() as simulator:
        yield simulator


@pytest.fixture
async def control(devin: DevinSimulator) -> AsyncIterator[DevinControl]:
    async with DevinControl(devin.control_url) as client:
        yield client


@pytest.fixture
async def played() -> AsyncIterator[DevinSimulator]:
    """One that plays by the clock, with scripts that wait for an hour."""
    async with DevinSimulator(demo=1.0) as simulator:
        yield simulator


async def start(devin: DevinSimulator, prompt: str, **fields: Any) -> str:
    """A session as the bot makes it."""
    async with httpx.AsyncClient(base_url=devin.base_url, headers=HEADERS, trust_env=False) as api:
        response = await api.post(SESSIONS, json={"prompt": prompt, **fields})
        assert response.status_code == 200, response.text
        session_id: str = response.json()["session_id"]
        return session_id


async def send(devin: DevinSimulator, session_id: str, text: str) -> None:
    """A message as the bot sends it."""
    async with httpx.AsyncClient(base_url=devin.base_url, headers=HEADERS, trust_env=False) as api:
        message = {"message": f"[Slack 1767225600.000200] Ann (U0ANN):\n> {text}"}
        response = await api.post(f"{SESSIONS}/{session_id}/messages", json=message)
        assert response.status_code == 200, response.text


async def rest(control: DevinControl, session_id: str) -> dict[str, Any]:
    """Go on until the session waits, sleeps or is over."""
    session = await control.session(session_id)
    before = len(session["messages"])
    while session["steps_left"]:
        session = await control.step(session_id)
        if state(session) in RESTS:
            break
    assert len(session["messages"]) - before <= 9
    return session


def state(session: dict[str, Any]) -> str:
    return "/".join(word for word in (session["status"], session["status_detail"]) if word)


def said(session: dict[str, Any]) -> list[str]:
    return [message["message"] for message in session["messages"] if message["source"] == "devin"]


TWO_WAYS = (
    "There are two ways to fix it:\n1. **Freeze the clock** in this one test: 6 lines.\n"
    "2. **Pass a clock in**, so that no test has to wait.\n\nWhich one do you want?"
)
RESTS = {
    "running/waiting_for_user",
    "running/waiting_for_approval",
    "running/finished",
    "suspended/usage_limit_exceeded",
    "suspended/inactivity",
    "error",
}

# ---------------------------------------------------------------- which story


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        pytest.param("fix the flaky login test", "flaky test", id="fix a test"),
        pytest.param("The login test fails on Mondays. Please fix it.", "flaky test", id="a test, to be fixed"),
        pytest.param("CI is flaky again", "flaky test", id="flaky"),
        pytest.param("why is the nightly export so slow?", "cause", id="why"),
        pytest.param("Can you investigate the 502s of this morning", "cause", id="investigate"),
        pytest.param("can you find out why, and what we should do?", "cause", id="find out"),
        pytest.param("look into the memory use of the worker and fix the test", "cause", id="look into comes first"),
        pytest.param("how many services still use the old API?", "facts", id="how many"),
        pytest.param("Summarise last week's incidents", "facts", id="summarise"),
        pytest.param("migrate the orders to the new schema in production", "approval", id="migrate production"),
        pytest.param("Upgrade Postgres on prod", "approval", id="upgrade prod"),
        pytest.param("please deploy v2.4 to production", "approval", id="deploy production"),
        pytest.param("delete the staging database", "approval", id="delete a database"),
        pytest.param("rewrite the billing service in Go", "limit", id="rewrite"),
        pytest.param("refactor everything under src/", "limit", id="refactor everything"),
        pytest.param("port the CLI to Rust", "limit", id="port"),
        pytest.param("import the old wiki", "failure", id="import"),
        pytest.param("Clone acme/attic and tell me what it does", "failure", id="clone"),
        pytest.param("update the legacy billing code", "failure", id="legacy"),
        pytest.param("watch the nightly job", "sleep", id="watch"),
        pytest.param("Please monitor the error rate", "sleep", id="monitor"),
        pytest.param("wait for the release and tell me when it is out", "sleep", id="wait for"),
        pytest.param("Please ask me first", "question", id="the word ask"),
        pytest.param("Add a page, but ask before you begin", "question", id="ask, anywhere"),
        pytest.param("Hit the limit!", "limit", id="the word limit"),
        pytest.param("write a page and hit the limit", "limit", id="limit, in a sentence"),
        pytest.param("fail", "failure", id="the word fail"),
        pytest.param("approve this", "approval", id="the word approve"),
        pytest.param("Sleep a bit", "sleep", id="the word sleep"),
        pytest.param("Bring failing tasks to an end", "work", id="failing is not fail"),
        pytest.param("write a changelog for the release", "work", id="write"),
        pytest.param("Add a watch mode to the build", "work", id="a watch mode is a thing"),
        pytest.param("Add a rate limit to the login endpoint", "work", id="a rate limit is a thing"),
        pytest.param("Fix the circular import in billing", "work", id="an import is a thing"),
        pytest.param("Change the port to 8080 and remove the sleep", "work", id="a port is a thing"),
        pytest.param("Rewrite the README", "work", id="a text is no big rewrite"),
        pytest.param("", "work", id="nothing"),
        pytest.param("ログインを直して", "work", id="another script"),
    ],
)
def test_the_words_of_a_prompt_choose_the_story(prompt: str, name: str) -> None:
    assert choose(prompt).name == name
    assert choose(FRAME.format(words=prompt or "-", last="Why does it fail?")).name == name


def test_a_bare_mention_means_what_was_said_last_in_the_thread() -> None:
    prompt = FRAME.format(words=LOOK_AT_THREAD, last="The login test is flaky since Monday.")
    assert choose(prompt).name == "flaky test"


def test_every_story_has_its_own_name() -> None:
    assert len({story.name for story in (*STORIES, WORK)}) == len(STORIES) + 1


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("fix the flaky login test", "Fix the flaky login test"),
        ("Hey Devin, can you please add a dark mode? It should follow the system.", "Add a dark mode"),
        ("why is the nightly export so slow?", "Find out why the nightly export is so slow"),
        ("why does it fail on Mondays", "Find out: why does it fail on Mondays"),
        ("@ben please rename `old_name`.", "Rename `old_name`"),
        ("login_test.py is too slow", "login_test.py is too slow"),
        ("\n\n  Two   lines\nand more", "Two lines"),
        ("please", "Please"),
        ("", "Do what the message asks for"),
        ("make " + "very " * 20 + "sure", "Make " + "very " * 9 + "very…"),
    ],
)
def test_titles_are_short_and_tell_what_to_do(words: str, title: str) -> None:
    assert title_of(words) == title


async def test_the_title_that_was_asked_for_stays(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "fix the flaky login test", title="Login")
    assert (await control.step(session_id, 2))["title"] == "Login"


# ---------------------------------------------------------------- how each goes


COURSES = [
    ("fix the flaky login test", ["running/waiting_for_user", "running/finished"]),
    ("Ask me about the login", ["running/waiting_for_user", "running/finished"]),
    ("add a dark mode", ["running/finished"]),
    ("deploy the shop to production", ["running/waiting_for_approval", "running/finished"]),
    ("why is the export slow?", ["running/finished"]),
    ("how many services use the old API?", ["running/finished"]),
    ("rewrite the billing service", ["suspended/usage_limit_exceeded", "running/finished"]),
    ("import the old wiki", ["error"]),
    ("watch the nightly job", ["suspended/inactivity", "running/finished"]),
]


@pytest.mark.parametrize(("prompt", "rests"), COURSES)
async def test_a_story_rests_where_it_should(
    devin: DevinSimulator, control: DevinControl, prompt: str, rests: list[str]
) -> None:
    session_id = await start(devin, prompt, repos=["acme/shop"])
    script = devin.world.session(session_id).script
    assert 24 <= sum(step.after for step in script) <= 62
    seen = [state(await rest(control, session_id)) for _ in rests]
    assert seen == rests
    session = await control.session(session_id)
    assert session["steps_left"] == 0
    assert 3 <= len(said(session)) <= 9
    assert session["acus_consumed"] > 0
    assert not re.search(r"[{}]", "".join(said(session)))


async def test_it_asks_and_goes_on_with_a_pull_request(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "fix the flaky login test")
    await rest(control, session_id)
    await send(devin, session_id, "The second one, please. Slow tests cost us more.")
    session = await rest(control, session_id)
    assert said(session) == [
        STORY_BEGINS,
        "`tests/test_login.py` failed in 23 of 260 runs. It waits for a real second to pass, and on a busy machine "
        "that second is sometimes too short.",
        "There are two ways to fix it:\n"
        "1. **Freeze the clock** in this one test: 6 lines.\n"
        "2. **Pass a clock in**, so that no test has to wait. That touches 3 files.\n\n"
        "Which one do you want?",
        "“The second one, please. Slow tests cost us more”: the second, then. I'll pass a clock in; without one, "
        "the code uses the real clock.",
        "This is the core of it:\n"
        "```diff\n"
        "--- tests/test_login.py\n"
        "+++ tests/test_login.py\n"
        "-    time.sleep(1)\n"
        "+    clock.advance(1)\n"
        "```\n"
        "1,000 runs since, and no failures. I'm running the whole suite now.",
        "Done. All 386 tests pass, and the suite is 17 seconds faster. The pull request is ready for review.",
    ]
    assert session["pull_requests"] == [{"pr_url": "https://github.com/acme/web/pull/101", "pr_state": "open"}]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("1", "“1”: the first, then. It stays within this one test."),
        ("the small fix", "“the small fix”: the first, then. It stays within this one test."),
        ("B", "“B”: the second, then. I'll pass a clock in; without one, the code uses the real clock."),
        (
            "up to you",
            "“up to you”: I'm going with the first, then. It's the smaller change, and the second stays possible.",
        ),
        (
            "is there a risk?",
            "“is there a risk?” Not that I can see. I'm going with the first, because it's the smaller change.",
        ),
        ("Skip the test instead.", "“Skip the test instead”: got it, I'll do that."),
    ],
)
async def test_it_goes_by_the_answer(devin: DevinSimulator, control: DevinControl, reply: str, answer: str) -> None:
    session_id = await start(devin, "fix the flaky login test")
    await rest(control, session_id)
    await send(devin, session_id, reply)
    assert said(await control.step(session_id, 2))[-1] == answer


@pytest.mark.parametrize(
    ("prompt", "pressed", "answer"),
    [
        ("fix the flaky login test", 1, "the first, then. It stays within this one test."),
        (
            "fix the flaky login test",
            2,
            "the second, then. I'll pass a clock in; without one, the code uses the real clock.",
        ),
        ("ask me how to shorten the password reset", 1, "the small change, then."),
        (
            "ask me how to shorten the password reset",
            2,
            "the rewrite, then. Code that calls the module stays as it is.",
        ),
    ],
)
async def test_it_goes_by_the_option_whose_button_was_pressed(
    devin: DevinSimulator, control: DevinControl, prompt: str, pressed: int, answer: str
) -> None:
    session_id = await start(devin, prompt)
    options = answer_options(said(await rest(control, session_id))[-1])
    assert len(options) == 2
    await send(devin, session_id, options[pressed - 1])
    assert said(await control.step(session_id, 2))[-1].endswith(f"”: {answer}")
    assert (await rest(control, session_id))["status_detail"] == "finished"


@pytest.mark.parametrize(
    ("replies", "option"),
    [
        (["2, but keep it small"], 2),
        (["2️⃣"], 2),
        (["The second one; the first is too simple"], 2),
        (["first, please. The second touches too much"], 1),
        (["I'd take the 1st, pass on the other"], 1),
        (["Freeze the clock, and do it cleaner than last time"], 1),
        (["2", "but keep it small"], 2),
        (["1", "no, 2 please"], 2),
        (["Option B."], 2),
        (["2 tests fail since, why?"], None),
        (["3"], None),
        (["Skip the test instead."], None),
        (["one of them is flaky as well"], None),
    ],
)
def test_an_option_is_taken_by_its_number_or_its_text(replies: list[str], option: int | None) -> None:
    taken = [number for reply in replies if (number := chosen(TWO_WAYS, reply)) is not None]
    assert (taken[-1] if taken else None) == option


async def test_of_two_quick_messages_the_one_that_takes_an_option_counts(
    devin: DevinSimulator, control: DevinControl
) -> None:
    session_id = await start(devin, "fix the flaky login test")
    await rest(control, session_id)
    await send(devin, session_id, "2")
    await send(devin, session_id, "but keep it small")
    assert said(await control.step(session_id, 2))[-1] == (
        "“2” and “but keep it small”: the second, then. I'll pass a clock in; without one, "
        "the code uses the real clock."
    )


async def test_the_result_is_told_and_handed_in(devin: DevinSimulator, control: DevinControl) -> None:
    session = await rest(control, await start(devin, "why is the export slow?", repos=["acme/mobile-app"]))
    assert session["structured_output"].keys() == {"cause", "commit", "next_steps"}
    assert "| Suspect | How I checked | Verdict |\n| --- | --- | --- |\n| `src/export/index.ts` |" in said(session)[-1]
    assert session["pull_requests"] == []


async def test_files_are_named_as_the_prompt_names_them(devin: DevinSimulator, control: DevinControl) -> None:
    session = await rest(control, await start(devin, "add a retry to lib/net/fetch.py", repos=["acme/api"]))
    assert said(session)[:2] == [
        "I have `acme/api` checked out and I'm reading `lib/net/fetch.py`.",
        "It's all in one place. My plan:\n"
        "- change `lib/net/fetch.py`, about 30 lines\n"
        "- add a case to `tests/test_fetch.py`\n"
        "- run the whole suite",
    ]


async def test_a_failure_says_what_is_missing(devin: DevinSimulator, control: DevinControl) -> None:
    session = await rest(control, await start(devin, "import the old wiki"))
    assert said(session)[-1] == (
        "The same error again: `acme-wiki-core` isn't in any registry I can reach, so I can't build or test anything. "
        "Once it is published, or taken out of `requirements.txt`, a new session can continue."
    )


async def test_a_sleeper_wakes_and_goes_on(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "watch the nightly job")
    assert said(await rest(control, session_id))[-1] == (
        "Nothing new, and waiting costs ACUs. I'm going to sleep: write to me and I'll check again."
    )
    await send(devin, session_id, "Anything new?")
    session = await rest(control, session_id)
    assert said(session)[-2].startswith("Noted: “Anything new?”. I've checked again. There are ")
    assert said(session)[-1] == "Done. It now reports this by itself; the pull request is ready for review."


# ---------------------------------------------------------------- the limit


@pytest.mark.parametrize("cap", [1, 3, 7, 25])
async def test_the_limit_story_spends_what_it_may_and_not_more(
    devin: DevinSimulator, control: DevinControl, cap: int
) -> None:
    session_id = await start(devin, "rewrite the billing service", max_acu_limit=cap)
    session = await rest(control, session_id)
    assert (state(session), session["acus_consumed"]) == ("suspended/usage_limit_exceeded", cap)
    assert f"I've nearly used this session's {cap} ACU" in said(session)[-1]


async def test_any_story_stops_at_its_cap_and_goes_on_when_it_is_raised(
    devin: DevinSimulator, control: DevinControl
) -> None:
    session_id = await start(devin, "add a dark mode", max_acu_limit=1)
    session = await rest(control, session_id)
    assert (state(session), session["acus_consumed"]) == ("suspended/usage_limit_exceeded", 1.0)
    assert said(session)[-1] == "This session has used its limit of 1 ACU. My work so far is pushed: nothing is lost."
    spoken = len(said(session))
    assert said(await control.step(session_id))[spoken:] == []
    await control.set(session_id, status="running", status_detail="working")
    session = await rest(control, session_id)
    assert state(session) == "running/finished"
    assert session["acus_consumed"] > 1


# ---------------------------------------------------------------- approvals


async def test_an_approval_is_not_taken_from_a_message(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "deploy the shop to production")
    await rest(control, session_id)
    await send(devin, session_id, "Yes, go ahead!")
    await send(devin, session_id, "Hello?")
    session = await control.step(session_id)
    assert state(session) == "running/waiting_for_approval"
    assert said(session)[-1] == (
        "I can't take an approval from a message. Please approve in the Devin app. In this playground, that's the "
        "Devin panel: set the session to running, working. Then I'll continue right away."
    )
    await send(devin, session_id, "And now?")
    await control.set(session_id, status_detail="working")
    session = await rest(control, session_id)
    assert said(session)[-2] == "Noted: “And now?”. Thanks for the approval. It's running."
    assert session["structured_output"] == {
        "succeeded": True,
        "command": "make deploy ENV=production",
        "way_back": "make rollback ENV=production",
    }


# ---------------------------------------------------------------- what a message brings


@pytest.mark.parametrize(
    ("reply", "last", "pull"),
    [
        ("thanks!", "You're welcome. I'm here if anything else comes up.", "open"),
        ("Great work, thank you so much", "You're welcome. I'm here if anything else comes up.", "open"),
        (":tada: :+1:", "You're welcome. I'm here if anything else comes up.", "open"),
        ("👍", "You're welcome. I'm here if anything else comes up.", "open"),
        (
            "Thank you. Merge it.",
            "Merged into `main`. The checks there are green, and I deleted the branch `devin/1-dark-mode`.",
            "merged",
        ),
        (
            "please close it, we do not need it",
            "I closed the pull request. The branch `devin/1-dark-mode` stays in case you need it.",
            "closed",
        ),
        ("Also change the colours", "Done, as you asked. It's in the same pull request. All 386 tests pass.", "open"),
        (
            "Should I merge it?",
            "“Should I merge it?” Yes. I checked it again in `src/dark_mode.py`, and `tests/test_dark_mode.py` "
            "covers it.",
            "open",
        ),
        (
            "Why there",
            "“Why there” Because everything goes through `src/dark_mode.py`: elsewhere it would be needed 3 times.",
            "open",
        ),
    ],
)
async def test_a_reply_after_the_end_brings_what_fits(
    devin: DevinSimulator, control: DevinControl, reply: str, last: str, pull: str
) -> None:
    session_id = await start(devin, "add a dark mode")
    await rest(control, session_id)
    await send(devin, session_id, reply)
    session = await rest(control, session_id)
    assert said(session)[-1] == last
    assert [row["pr_state"] for row in session["pull_requests"]] == [pull]
    assert state(session) == "running/finished"


async def test_after_a_merge_a_change_gets_its_own_pull_request(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "add a dark mode", repos=["acme/shop"])
    await rest(control, session_id)
    await control.pr(session_id, "https://github.com/acme/shop/pull/101", "merged")
    await send(devin, session_id, "Make it the default.")
    session = await rest(control, session_id)
    assert said(session)[-2:] == [
        "“Make it the default”: I'm on it.",
        "Done, as you asked. It has its own pull request. All 386 tests pass.",
    ]
    assert session["pull_requests"] == [
        {"pr_url": "https://github.com/acme/shop/pull/101", "pr_state": "merged"},
        {"pr_url": "https://github.com/acme/shop/pull/1101", "pr_state": "open"},
    ]


async def test_do_it_after_a_result_opens_the_pull_request(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "why is the export slow?")
    await rest(control, session_id)
    await send(devin, session_id, "do it")
    session = await rest(control, session_id)
    assert said(session)[-1] == "Done, as you asked. The pull request is ready for review. All 386 tests pass."
    assert session["pull_requests"] == [{"pr_url": "https://github.com/acme/web/pull/101", "pr_state": "open"}]


async def test_what_is_written_during_the_work_is_acknowledged(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "add a dark mode")
    await control.step(session_id, 3)
    await send(devin, session_id, "Use `prefers-color-scheme`.")
    await send(devin, session_id, "x" * 200)
    assert said(await control.step(session_id))[-1].startswith(
        "Noted: “Use prefers-color-scheme” and “" + "x" * (QUOTE_LENGTH - 1) + "…”. It's all in one place."
    )
    await send(devin, session_id, "thanks!")
    assert said(await control.step(session_id))[-1].startswith("The change is in and the new case passes.")
    await send(devin, session_id, "Test it on a phone")
    assert said(await rest(control, session_id))[-1] == (
        "“Test it on a phone” is in as well. Done. All 386 tests pass; the pull request is ready for review."
    )


async def test_a_message_of_files_alone_is_not_quoted(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "add a dark mode")
    await control.step(session_id, 3)
    await send(devin, session_id, 'ATTACHMENT:"https://api.devin.ai/attachments/1/a.png"')
    assert said(await control.step(session_id))[-1].startswith("It's all in one place.")


async def test_a_stopped_session_goes_on_where_it_was(devin: DevinSimulator, control: DevinControl) -> None:
    session_id = await start(devin, "add a dark mode")
    await control.step(session_id, 4)
    await control.archive(session_id)
    await control.unarchive(session_id)
    await send(devin, session_id, "Go on, please")
    assert said(await control.step(session_id))[-1].startswith("Noted: “Go on, please”. The change is in")
    assert state(await rest(control, session_id)) == "running/finished"


# ---------------------------------------------------------------- speed


async def test_another_speed_counts_at_once_in_the_middle_of_a_wait(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        await control.script_for("slow", [{"after": 3600, "say": "An hour later."}], play=1.0)
        session_id = await start(played, "something slow")
        await start(played, "add a dark mode")
        played.speed = 1_000_000
        await control.wait_for_sessions("An hour later.", steps_left=0)
        (done,) = await control.wait_for_sessions("ready for review", status_detail="finished")
        assert done["session_id"] != session_id
        assert played.speed == 1_000_000


async def test_a_session_is_paused_and_played_again(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        paused, other = await start(played, "add a dark mode"), await start(played, "rename the helper")
        assert (await control.play(paused, 0))["paused"] is True
        await send(played, paused, "Are you there?")
        played.speed = 10_000
        await control.wait_for_sessions("rename the helper", status_detail="finished")
        session = await control.session(paused)
        assert (state(session), said(session)) == ("new", [])
        assert (await control.play(paused))["paused"] is False
        await control.wait_for_sessions("Are you there?", status_detail="finished")
        assert (await control.session(other))["paused"] is False


async def test_a_question_waits_for_its_answer_whatever_is_played(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        played.speed = 10_000
        session_id = await start(played, "Ask me about the login")
        await control.wait_for_sessions("Which one?", status_detail="waiting_for_user")
        await control.play(session_id, 0)
        await control.play(session_id)
        await start(played, "rename the helper")
        await control.wait_for_sessions("rename the helper", status_detail="finished")
        assert state(await control.session(session_id)) == "running/waiting_for_user"
        await send(played, session_id, "1")
        await control.wait_for_sessions("“1”: the small change, then.", status_detail="finished")


async def test_the_control_api_tells_and_sets_the_speed(devin: DevinSimulator, control: DevinControl) -> None:
    assert await control.speed() == 1.0
    assert await control.speed(2.5) == 2.5
    assert devin.speed == 2.5
    assert await control.speed() == 2.5


@pytest.mark.parametrize("value", [0, -1, 0.2, 20.5, "fast", True, None, float("inf"), float("nan")])
async def test_an_impossible_speed_is_refused(devin: DevinSimulator, value: Any) -> None:
    with pytest.raises(ValueError, match=r"The speed must be a number from 0\.25 to 20; 1 is as it is written\."):
        await devin.perform("speed", {"value": value})
    assert devin.speed == 1.0


@pytest.mark.parametrize("value", [-1, -2.0, float("nan"), float("inf"), "fast", True, None])
async def test_no_session_goes_back_or_beyond_all_measure(devin: DevinSimulator, value: Any) -> None:
    session_id = await start(devin, "add a dark mode")
    with pytest.raises(ValueError, match=r"^The order's speed must be zero, which pauses it, or a number above, such"):
        await devin.perform(f"sessions/{session_id}/play", {"speed": value})


# ---------------------------------------------------------------- states from outside


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "suspended", "status_detail": "inactivity"},
        {"status": "suspended", "status_detail": "out_of_credits"},
        {"status": "exit", "status_detail": None},
        {"status": "error", "status_detail": None},
        {"status": "running", "status_detail": "waiting_for_user"},
        {"status": "running", "status_detail": "waiting_for_approval"},
    ],
)
async def test_a_session_put_to_rest_stops_and_goes_on_when_put_to_work(
    played: DevinSimulator, fields: dict[str, Any]
) -> None:
    async with DevinControl(played.control_url) as control:
        session_id = await start(played, "add a dark mode")
        await control.step(session_id, 3)
        await control.set(session_id, **fields)
        played.speed = 10_000
        await start(played, "rename the helper")
        await control.wait_for_sessions("rename the helper", status_detail="finished")
        session = await control.session(session_id)
        assert {name: session[name] for name in fields} == fields
        assert len(said(session)) == 1
        await control.set(session_id, status="running", status_detail="working")
        await control.wait_for_sessions("dark mode", status_detail="finished")


async def test_words_with_a_state_put_it_to_rest_too(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        session_id = await start(played, "add a dark mode")
        await control.step(session_id, 3)
        await control.say(session_id, "Which colours?", status="running", status_detail="waiting_for_user")
        played.speed = 10_000
        await start(played, "rename the helper")
        await control.wait_for_sessions("rename the helper", status_detail="finished")
        assert said(await control.session(session_id))[-1] == "Which colours?"
        await send(played, session_id, "Grey.")
        (session,) = await control.wait_for_sessions("dark mode", status_detail="finished")
        assert said(session)[2].startswith("Noted: “Grey”. It's all in one place.")


async def test_one_forced_to_be_finished_is_finished(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        session_id = await start(played, "add a dark mode")
        assert (await control.set(session_id, status="running", status_detail="finished"))["steps_left"] == 0
        played.speed = 10_000
        await send(played, session_id, "Make it blue")
        await control.wait_for_sessions("Done, as you asked.", status_detail="finished")


async def test_an_approval_in_the_drawer_lets_it_go_on(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        played.speed = 10_000
        session_id = await start(played, "deploy the shop to production")
        await control.wait_for_sessions("deploy the shop", status_detail="waiting_for_approval")
        await send(played, session_id, "Yes!")
        await control.wait_for_messages("I can't take an approval from a message.")
        await control.set(session_id, status="running", status_detail="working")
        await control.wait_for_sessions("Thanks for the approval.", status_detail="finished")


async def test_a_step_by_hand_does_not_shorten_the_next_wait(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        steps: list[dict[str, Any]] = [
            {"after": 3600, "say": "First."},
            {"after": 3600, "say": "Second.", "pause": True},
            {"say": "Third."},
        ]
        await control.script_for("by hand", steps, play=1.0)
        session_id = await start(played, "by hand")
        assert said(await control.step(session_id, 2)) == ["First.", "Second."]
        played.speed = 1_000_000
        await start(played, "rename the helper")
        await control.wait_for_sessions("rename the helper", status_detail="finished")
        assert said(await control.session(session_id)) == ["First.", "Second."]
        await send(played, session_id, "And?")
        await control.wait_for_messages("Third.")


async def test_another_script_takes_over_while_one_is_played(played: DevinSimulator) -> None:
    async with DevinControl(played.control_url) as control:
        await control.script_for("taken over", [{"after": 3600, "say": "Never said."}], play=1.0)
        session_id = await start(played, "taken over")
        await control.script(session_id, [{"say": "Said instead."}], play=1.0)
        (session,) = await control.wait_for_sessions("Said instead.", steps_left=0)
        assert said(session) == ["Said instead."]


async def test_an_outage_ends_the_playing_and_nothing_of_it_stays_behind(played: DevinSimulator) -> None:
    session_id = await start(played, "add a dark mode")
    await played.stop()
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("play ")] == []
    assert len(played.world.session(session_id).script) == 7


async def test_an_outage_in_the_very_moment_of_a_session_leaves_nothing_either(played: DevinSimulator) -> None:
    life.create(played.world, "add a dark mode")
    await played.stop()
    assert played._player._tasks == {}


# ---------------------------------------------------------------- the same again, and anything at all


async def conversation(prompt: str, before: int) -> list[str]:
    async with DevinSimulator() as devin, DevinControl(devin.control_url) as control:
        for _ in range(before):
            await start(devin, "another")
        return said(await rest(control, await start(devin, prompt)))


async def test_the_same_session_says_the_same_and_another_has_other_figures() -> None:
    first = await conversation("why is the export slow?", 0)
    assert await conversation("why is the export slow?", 0) == first
    assert await conversation("why is the export slow?", 1) != first


WORDS = st.sampled_from(
    [
        *(
            "ask",
            "fix",
            "test",
            "why",
            "approve",
            "delete",
            "production",
            "limit",
            "rewrite",
            "import",
            "sleep",
            "watch",
        ),
        *("{words}", "{}", "%s", "`a`", "<b>", "\\", "?", "\n", "Asked in Slack by", "ATTACHMENT:"),
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join)), st.text(), st.sampled_from([None, 1, 2, 50]))
def test_whatever_is_written_every_story_comes_to_rest(prompt: str, reply: str, cap: int | None) -> None:
    devin = DevinSimulator()
    session = life.create(devin.world, prompt, repos=[reply] if reply else [], request={"max_acu_limit": cap})
    devin.world.on_created(session)
    for _ in range(3):
        steps = 0
        while session.script and steps < 20:
            devin._player.step(session)
            steps += 1
        assert state(life.snapshot(devin.world, session)) in RESTS
        life.receive(devin.world, session, reply)
    assert session.title is not None
    assert "\n" not in session.title
    assert 0 < len(session.title) <= TITLE_LENGTH
    assert cap is None or session.acus_consumed <= cap
