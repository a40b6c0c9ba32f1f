"""The command line `devin-cli` 1.5.1, an unofficial client, against the simulated Devin.

It runs in a process of its own and gets commands as a person types them. What it does by the contract works. The last
two tests show where it leaves the contract, so that nobody takes the simulated Devin for the culprit.
"""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.playground.devin import ALL_PERMISSIONS, DevinControl, DevinSimulator
from tests.playground.devin_peer import HOUR, START, Clock

pytestmark = pytest.mark.edge

if importlib.util.find_spec("devin_cli") is None:
    pytest.skip("devin-cli is not installed; requirements-dev.txt has it", allow_module_level=True)

# Reads a line of words, does what `devin` would do with them, and tells the code and what was printed.
DRIVER = """
import json, sys
from typer.testing import CliRunner
from devin_cli.cli import app
for line in sys.stdin:
    result = CliRunner().invoke(app, json.loads(line), input="y\\n")
    print(json.dumps([result.exit_code, result.output]), flush=True)
"""


@dataclass
class Terminal:
    """A process with the command line in it; to start it for each command would take a second each time."""

    process: asyncio.subprocess.Process

    async def run(self, *words: str) -> tuple[int, str]:
        """What a command prints, and the code it ends with; whatever it asks is answered with yes."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        code, output = json.loads(await self.process.stdout.readline())
        return code, output

    async def told(self, *words: str) -> Any:
        """The JSON that a command prints."""
        code, output = await self.run(*words)
        assert code == 0, output
        return json.loads(output[output.index("{") :])


@pytest.fixture
async def terminal(devin: DevinSimulator, control: DevinControl, tmp_path: Path) -> AsyncIterator[Terminal]:
    await control.permissions(grant=sorted(ALL_PERMISSIONS))
    settings = {
        "DEVIN_API_TOKEN": "cog_play",
        "DEVIN_ORG_ID": "org-play",
        "DEVIN_BASE_URL": f"{devin.base_url}/v3",
        "DEVIN_CONFIG_FILE": str(tmp_path / "config.json"),
        "DEVIN_OUTPUT_FORMAT": "json",
        "COLUMNS": "10000",  # it wraps its JSON to the width of the terminal
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DRIVER, stdin=pipe, stdout=pipe, env=settings, limit=1 << 20
    )
    try:
        yield Terminal(process)
    finally:
        process.kill()
        await process.wait()


async def calls(control: DevinControl) -> list[tuple[str, str, int | None]]:
    """What it sent, and what it was answered."""
    return [(call["method"], call["path"], call["status"]) for call in await control.log()]


async def test_a_session_from_its_creation_to_the_archive(terminal: Terminal, control: DevinControl) -> None:
    made = await terminal.told("sessions", "create", "Fix the flaky login test", "--tag", "a", "--max-acu", "3")
    session_id = made["session_id"]
    (session,) = await control.sessions()
    assert session["request"] == {"prompt": "Fix the flaky login test", "max_acu_limit": 3, "tags": ["a"]}
    assert (await terminal.run("sessions", "message", "Only the login test", "--id", session_id))[0] == 0
    await control.wait_for_messages("Only the login test")
    assert (await terminal.told("sessions", "get", session_id))["status"] == "new"
    assert (await terminal.told("sessions", "list"))["items"][0]["session_id"] == session_id
    assert (await terminal.told("sessions", "tags", session_id)) == {"tags": ["a"]}
    assert (await terminal.told("sessions", "insights", session_id))["num_user_messages"] == 2
    assert (await terminal.told("sessions", "generate-insights", session_id))["status"] == "started"
    assert (await terminal.run("sessions", "archive", session_id))[0] == 0
    assert (await control.session(session_id))["is_archived"] is True


async def test_what_a_session_and_a_day_cost(terminal: Terminal, control: DevinControl, clock: Clock) -> None:
    (session_id,) = await control.create_sessions()
    clock.now = START + 8 * HOUR
    await control.spend(session_id, 1.5)
    cost = await terminal.told("sessions", "cost", session_id)
    assert (cost["acus_consumed"], cost["breakdown"]["total_acus"]) == (1.5, 1.5)
    assert (await terminal.told("sessions", "cost"))["total_acus"] == 1.5
    paths = {path for _, path, _ in await calls(control)}
    assert f"/v3/enterprise/consumption/daily/sessions/{session_id}" in paths


async def test_the_library_and_the_enterprise(terminal: Terminal, control: DevinControl) -> None:
    note = ["knowledge", "create", "Deploys", "Fridays never.", "--trigger", "when deploying"]
    note_id = (await terminal.told(*note))["note_id"]
    assert (await terminal.told("knowledge", "get", note_id))["trigger"] == "when deploying"
    assert (await terminal.run("knowledge", "delete", note_id))[0] == 0
    playbook = await terminal.told("playbooks", "create", "Review", "Read the diff.", "--macro", "!review")
    playbook_id = playbook["playbook_id"]
    assert (await terminal.told("playbooks", "update", playbook_id, "Review", "--body", "Twice."))["body"] == "Twice."
    assert (await terminal.run("playbooks", "delete", playbook_id))[0] == 0
    schedule = await terminal.told("schedules", "create", "Look for flaky tests", "0 7 * * 1-5", "--title", "Nightly")
    assert [row["name"] for row in (await terminal.told("schedules", "list"))["items"]] == ["Nightly"]
    assert schedule["frequency"] == "0 7 * * 1-5"
    assert await terminal.told("enterprise", "queue") == {"queue_size": 0, "status": "normal"}
    assert (await terminal.told("enterprise", "list-orgs"))["items"][0]["org_id"] == "org-play"
    assert (await terminal.told("enterprise", "audit-logs"))["items"][-1]["action"] == "create_knowledge"
    assert {status for _, _, status in await calls(control)} == {200}


async def test_its_limit_is_none(terminal: Terminal, control: DevinControl) -> None:
    """It sends `limit` where the API has `first`; a parameter that is not known is ignored, so it gets all of them."""
    await control.create_sessions(3)
    assert len((await terminal.told("sessions", "list", "--limit", "1"))["items"]) == 3
    assert [call["query"] for call in await control.log()] == [[["limit", "1"]]]


async def test_what_it_does_beside_the_contract_is_refused(terminal: Terminal, control: DevinControl) -> None:
    (session_id,) = await control.create_sessions()
    for words, refusal in (
        (("sessions", "terminate", session_id), "404"),  # the contract has DELETE, and a live probe got a 404 too
        (("enterprise", "whoami"), "404"),  # the contract has /v3/self
        (("secrets", "create", "NPM_TOKEN", "x"), "422"),  # `name` where the contract has `type` and `key`
        (("schedules", "create", "Look for flaky tests", "0 7 * * 1-5"), "422"),  # the contract needs a name
        (("playbooks", "update", "playbook-x", "Review"), "404"),
    ):
        code, output = await terminal.run(*words)
        assert (code, refusal in output) == (1, True), output
    assert await calls(control) == [
        ("POST", f"/v3/organizations/org-play/sessions/{session_id}/terminate", 404),
        ("GET", "/v3/enterprise/members/self", 404),
        ("POST", "/v3/organizations/org-play/secrets", 422),
        ("POST", "/v3/organizations/org-play/schedules", 422),
        ("PUT", "/v3/organizations/org-play/playbooks/playbook-x", 404),
    ]
    assert (await control.session(session_id))["status"] == "new"
