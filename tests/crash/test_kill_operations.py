"""`SIGKILL` at the steps of an operation: one message, one file, and each entry in it once."""

import csv
import io
import time

import pytest

from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, typed
from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN

pytestmark = pytest.mark.edge

DIRECT = "D0ANN"
ENTRIES = 205  # more than a page
REFUSED = "Stopped: only admins can see this, and you're no longer one."
CANCELLED = "Canceled. No file was made."


def admin() -> dict[str, str]:
    return {"BOT_ADMIN_USERS": ANN}


async def entries(one: Scene) -> None:
    """An audit log of two pages."""
    await one.devin.permissions(grant=["ManageEnterpriseSettings"])
    now = int(time.time())
    for number in range(ENTRIES):
        await one.devin.add_audit("login", audit_log_id=f"audit-{number}", created_at=now - 60 - number)


async def export(one: Scene, _: None) -> None:
    await typed(one, "audit")
    await one.slack.wait_for_message(DIRECT, f"{ENTRIES} rows: the first", within=PATIENCE)
    await file_shown(one)


async def file_shown(one: Scene) -> None:
    """Wait for the file: Slack shows it some time after it is shared."""

    async def is_there() -> bool:
        return any(message.get("files") for message in await one.slack.messages(DIRECT, user="U0BOT"))

    await until(is_there)


async def exported_once(one: Scene, _: None) -> None:
    said = await one.slack.messages(DIRECT, user="U0BOT")
    (file,) = [file for message in said for file in message.get("files", [])]
    assert len([message for message in said if not message.get("files")]) == 1
    content = one.on.simulated_slack.state.files[file["id"]].content
    assert content is not None
    _, *found = csv.reader(io.StringIO(content.decode(), newline=""))
    assert [row[0] for row in found] == [f"audit-{number}" for number in range(ENTRIES)]


async def slow(one: Scene) -> None:
    """A Devin that has no answer for a while."""
    await one.devin.permissions(grant=["ManageEnterpriseSettings"])
    await one.devin.fault("audit_logs", 429, times=1_000, retry_after=60)


async def cancel(one: Scene, _: None) -> None:
    await typed(one, "audit")
    for _ in range(10):
        message = await one.slack.wait_for_message(DIRECT, "Reading…", within=PATIENCE)
        if (await one.slack.click(ANN, DIRECT, message["ts"], "cancel_operation"))["status"] == "acked":
            break
        await one.reachable()
    await one.slack.wait_for_message(DIRECT, CANCELLED, within=PATIENCE)


async def canceled_once(one: Scene, _: None) -> None:
    said = [message["rendered"] for message in await one.slack.messages(DIRECT, user="U0BOT")]
    assert len(said) == 1
    assert said[0].endswith(CANCELLED)


async def uploads_wait(one: Scene) -> None:
    """An audit log of two pages, and a Slack that takes no file for a moment."""
    await entries(one)
    await one.slack.fault("files.getUploadURLExternal", "ratelimited", retry_after=2, times=1)


async def become_guest(one: Scene, _: None) -> None:
    """Who asked for a file becomes a guest before it is made."""
    await typed(one, "audit")
    await one.slack.wait_for_message(DIRECT, "The file is on its way.", within=PATIENCE)
    await one.slack.put_person(ANN, is_restricted=True)
    await one.slack.wait_for_message(DIRECT, REFUSED, within=PATIENCE)


async def refused_once(one: Scene, _: None) -> None:
    said = await one.slack.messages(DIRECT, user="U0BOT")
    assert [message["rendered"].endswith(REFUSED) for message in said] == [True]
    assert [message for message in said if message.get("files")] == []


STORIES = [
    Story("an admin becomes a guest while a file waits", uploads_wait, become_guest, refused_once, settings=admin),
    Story("an admin asks for a file", entries, export, exported_once, settings=admin),
    Story("an admin cancels an operation", slow, cancel, canceled_once, settings=admin),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_makes_one_file(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
