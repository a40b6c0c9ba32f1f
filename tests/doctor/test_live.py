"""The doctor's live checks, against the simulated Slack and Devin: what passes, is refused, and is left behind."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from bot.__main__ import main
from bot.config import load_settings
from bot.connect import StartError
from bot.doctor import examples
from bot.doctor.live import CHECKS, CREATING, run_live
from bot.domain.person import Person
from bot.domain.session import Lifecycle, Session
from bot.features import COMMANDS
from bot.features.home.specs import RECENTLY_DONE
from bot.features.library.specs import NOTE_EDIT, PLAYBOOK_EDIT
from bot.manifest import read_manifest
from bot.playground.devin import ALL_PERMISSIONS, DevinControl, DevinSimulator
from bot.playground.slack import SlackControl, SlackSimulator
from bot.store import people, sessions
from bot.store.database.connection import Database
from bot.views.answers.session_lists import NO_SESSIONS
from tests.doctor.sentences import APP_TOKEN, BOT_TOKEN, KEY
from tests.markup import written

ADA = "U0ADA"


@pytest.fixture
async def slack() -> AsyncIterator[SlackControl]:
    simulator = SlackSimulator(manifest=read_manifest(), bot_token=BOT_TOKEN, app_token=APP_TOKEN, limits=False)
    async with simulator, SlackControl(simulator.control_url) as control:
        held: Any = control
        held.simulator = simulator
        yield held


@pytest.fixture
async def devin() -> AsyncIterator[DevinControl]:
    async with DevinSimulator(api_key=KEY, permissions=ALL_PERMISSIONS) as simulator:
        simulator.world.held.repositories, simulator.world.held.automations = [], []
        async with DevinControl(simulator.control_url) as control:
            await control.add_member("user|ada", "ada@example.com")
            held: Any = control
            held.simulator = simulator
            yield held


@pytest.fixture
def live(environ: dict[str, str], slack: Any, devin: Any) -> Any:
    """Run the live checks; answers the lines of the report, or the JSON, and the exit code."""
    urls = {"SLACK_API_URL": slack.simulator.base_url, "DEVIN_API_URL": devin.simulator.base_url}

    async def run(user: str = ADA, *, create: bool = True, as_json: bool = False) -> tuple[list[str], int]:
        written: list[str] = []
        settings = load_settings(environ | urls)
        code = await run_live(settings, user, create=create, as_json=as_json, write=written.append)
        (text,) = written
        assert not [secret for secret in (BOT_TOKEN, KEY) if secret in text]
        return text.splitlines(), code

    return run


async def nothing_is_left(slack: Any, devin: Any) -> None:
    """No message, file, reaction or note is there, and no session was started."""
    held = slack.simulator.state
    assert [message for timeline in held.timelines.values() for message in timeline if not message.gone] == []
    assert held.files == {}
    assert devin.simulator.world.held.notes == []
    assert (await devin.counters()).get("create_session", 0) == 0
    assert await devin.sessions() == []


async def test_where_nothing_is_wrong_all_passes_and_nothing_is_left_behind(live: Any, slack: Any, devin: Any) -> None:
    lines, code = await live()
    tried = [f"passed     {check.what}" for check in (*CHECKS, *CREATING) if check.name != "messages"]
    conversation = "not tried  messages of a session: the organization has no session yet"
    tried.insert([check.name for check in CHECKS].index("messages"), conversation)
    assert lines == [*tried, "", f"{len(tried) - 1} passed, 0 refused, 1 not tried."]
    assert code == 0
    await nothing_is_left(slack, devin)
    counted = await devin.counters()
    assert (counted["create_note"], counted["delete_note"]) == (1, 1)


def test_each_form_of_the_bot_is_drawn_and_each_example_tried() -> None:
    forms = examples.modals(ADA)
    drawn = {form.get("callback_id", RECENTLY_DONE.name) for form in forms.values()}
    filled_in = {NOTE_EDIT.name, PLAYBOOK_EDIT.name}  # in the forms with which they are added
    assert drawn | filled_in == {spec.name for spec in COMMANDS.specs if spec.opens_form}
    assert {*forms, *examples.messages(ADA)} <= {check.name for check in CHECKS}


async def home_of_ada(slack: Any) -> str:
    (shown,) = await slack.views(type="home")
    assert shown["user"] == ADA
    return written(shown["blocks"])


async def test_the_home_tab_that_is_published_is_the_one_of_the_store(live: Any, slack: Any, store: Path) -> None:
    db, now = Database(f"sqlite:///{store}"), time.time()
    session = Session("s1", "T0PLAY", "org-play", "C0WEB", "1.0", ADA, "fix the login test", lifecycle=Lifecycle.OPEN)
    async with db.write() as tx:
        await people.put(tx, "T0PLAY", Person(ADA, "ada"), now)
        await sessions.add(tx, replace(session, devin_id="devin-1", created_at=now))
    await db.close()
    lines, _ = await live()
    assert "passed     Home tab, shown to you until the bot redraws it" in lines
    assert "fix the login test" in await home_of_ada(slack)


@pytest.mark.parametrize("content", [None, b"no database"])
async def test_without_a_usable_store_the_home_tab_is_that_of_a_first_day(
    live: Any, slack: Any, store: Path, content: bytes | None
) -> None:
    store.unlink()
    if content:
        store.write_bytes(content)
    lines, code = await live()
    assert "passed     Home tab, shown to you until the bot redraws it" in lines
    shown = await home_of_ada(slack)
    assert NO_SESSIONS.text in shown
    assert "*Running now: 0 sessions*" in shown
    assert (store.exists(), code) == (content is not None, 0)


async def test_no_note_is_created_unasked(live: Any, devin: Any) -> None:
    lines, _ = await live(create=False)
    assert not [line for line in lines if "new note" in line]
    assert "create_note" not in await devin.counters()


SLACKS_FAULTS: Final[Sequence[dict[str, Any]]] = (
    {"method": "chat.update", "kind": "error", "error": "cant_update_message"},
    {"method": "agents.sessions.setStatus", "kind": "error", "error": "not_agent_app"},
    {"method": "reactions.add", "kind": "error", "error": "missing_scope"},
    {"method": "files.getUploadURLExternal", "kind": "error", "error": "missing_scope"},
    {"method": "blocks.validate", "kind": "error", "error": "invalid_view", "match": "callback_id"},
    {"method": "chat.postMessage", "kind": "error", "error": "invalid_blocks", "match": "data_visualization"},
    {"method": "chat.postMessage", "kind": "commit_then_500", "match": "is done"},
    {"method": "views.publish", "kind": "error", "error": "not_enabled"},
)
DEVINS_FAULTS: Final[Sequence[tuple[str, int, str]]] = (
    ("list_repositories", 403, "Service user lacks the required permission: Read"),
    ("list_automations", 404, "Not found"),
    ("list_playbooks", 503, "Ada Weiss's playbooks are away"),
    ("create_note", 403, "Service user lacks the required permission: ManageOrgKnowledge"),
)
REFUSED: Final = (
    "refused    edit of a card: Slack says “cant_update_message”.",
    "           → Cards stay as they were first posted.",
    "refused    post that a session is done: Slack: chat.postMessage: outcome unknown (HTTP 500).",
    "           → No one is told when Devin is done.",
    "refused    chart: Slack says “invalid_blocks”.",
    "           → Charts come as pictures or as text.",
    "refused    form for a new session: Slack says “invalid_view”.",
    "           → `/devin` alone and *New Devin session* open nothing.",
    "refused    Home tab, shown to you until the bot redraws it: Slack says “not_enabled”.",
    "           → The Home tab stays empty.",
    "refused    agent status in a thread: Slack says “not_agent_app”.",
    "           → Slack shows no status and no Stop in threads.",
    "refused    reaction: Slack says “missing_scope”.",
    "           → Messages get no 👀 and no mark at the end.",
    "refused    file upload and download: Slack says “missing_scope”.",
    "           → Devin gets no attachments, and admins get no files.",
    "refused    list of repositories: Devin says “Service user lacks the required permission: Read” (403)."
    " It needs Read.",
    "           → Forms list no repositories, and `repo=` suggests only earlier ones.",
    "refused    list of playbooks: Devin says “Ada Weiss's playbooks are away” (503).",
    "           → `playbook=` accepts no titles, and `/devin playbook` shows nothing.",
    "refused    list of automations: Devin says “404” (404).",
    "           → `/devin schedule list` names no automations.",
    "refused    new note: Devin says “Service user lacks the required permission: ManageOrgKnowledge” (403). It needs"
    " ManageOrgKnowledge.",
    "           → `/devin note add` and *Save as Devin knowledge* save nothing.",
)


async def plant(slack: Any, devin: Any) -> None:
    for fault in SLACKS_FAULTS:
        await slack.act("fault", **fault)
    for route, status, detail in DEVINS_FAULTS:
        await devin.fault(route, status, detail=detail)


async def test_each_refusal_is_named_with_what_will_not_work_and_all_is_cleaned_up(
    live: Any, slack: Any, devin: Any
) -> None:
    await plant(slack, devin)
    lines, code = await live()
    assert [line for line in lines if not line.startswith(("passed", "not tried"))][:-2] == [*REFUSED]
    assert code == 1
    await nothing_is_left(slack, devin)


async def test_the_json_can_be_pasted_into_a_bug_report(live: Any, slack: Any, devin: Any) -> None:
    await plant(slack, devin)
    lines, _ = await live(as_json=True)
    found = {one["check"]: one for one in json.loads("\n".join(lines))["checks"]}
    assert {name: one["error"] for name, one in found.items() if one["state"] == "refused"} == {
        "edit": "cant_update_message",
        "turn_end": "unknown",
        "chart": "invalid_blocks",
        "start_form": "invalid_view",
        "home": "not_enabled",
        "status": "not_agent_app",
        "reaction": "missing_scope",
        "file": "missing_scope",
        "repositories": "403",
        "playbooks": "503",
        "automations": "404",
        "new_note": "403",
    }
    assert found["reaction"]["without"] == "Messages get no 👀 and no mark at the end."
    assert not [text for text in ("Ada", "acme", "Devin Bridge", "org-play") if text in "\n".join(lines)]


async def test_a_filter_that_devin_ignores_is_found_out(live: Any, devin: Any) -> None:
    await devin.create_sessions(1)
    await devin.switch(filters_ignored=True)
    lines, code = await live()
    at = lines.index(
        "refused    list of sessions, created from now on: Devin lists sessions that are older than requested."
    )
    assert lines[at + 1] == "           → Sessions aren't followed, or every poll reads all of them."
    assert (code, "passed     messages of a session" in lines) == (1, True)


async def test_what_cannot_be_deleted_is_said(live: Any, slack: Any) -> None:
    await slack.act("fault", method="chat.delete", kind="error", error="cant_delete_message", times=1)
    lines, code = await live()
    assert lines[-4:-2] == [
        "refused    cleaning up: Slack says “cant_delete_message”.",
        "           → Delete what's left in your DM by hand.",
    ]
    assert code == 1


async def test_without_the_method_that_checks_forms_they_are_posted(live: Any, slack: Any, devin: Any) -> None:
    await slack.act("fault", method="blocks.validate", kind="error", error="unknown_method", times=0)
    lines, _ = await live()
    assert "passed     form for a new session" in lines
    await nothing_is_left(slack, devin)


async def test_nobody_but_an_admin_is_written_to(live: Any, slack: Any) -> None:
    with pytest.raises(StartError) as caught:
        await live("U0CID")
    assert str(caught.value) == (
        "U0CID isn't an admin of Devin Bridge. Use an ID from BOT_ADMIN_USERS or BOT_ADMIN_GROUP."
    )
    assert [call.method for call in slack.simulator.state.calls] == ["usergroups.users.list"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--json"], "--as, --create, and --json need --live."),
        (["--live"], "--live needs --as and your member ID, such as --as U024BE7LH."),
    ],
)
def test_options_that_do_not_go_together_are_named(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["doctor", *options]) == 1
    assert capsys.readouterr().err == f"{said}\n"
