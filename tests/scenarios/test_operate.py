"""For those who run it: health, readiness, figures, logs, and a start that says in a sentence why it is none."""

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import text

from bot.connect import StartError
from bot.features import metadata
from bot.store.database.connection import Database
from bot.store.database.schema import check_current
from tests import postgres
from tests.doctor.sentences import NO_BOT_TOKEN, NO_ORGANISATION, NOT_A_DATABASE_URL
from tests.forked_bot import fork
from tests.pgbouncer import needs_pgbouncer, pgbouncer
from tests.scenarios.ahead import Ahead, until
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, Harness, harness

ROOT = Path(__file__).parents[2]
NOT_OPENED = "The store can't be opened or updated. Check DATABASE_URL. For details, run `python -m bot doctor`."

REACH = "Check the host and port in DATABASE_URL, and that this machine can reach the running server."


@pytest.fixture(autouse=True)
def moment() -> None:
    """Go by the wall's clock, as the processes of their own do."""


async def asked(on: Harness, path: str) -> httpx.Response:
    """What the bot answers to those who operate it."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        return await http.get(f"http://127.0.0.1:{on.port}{path}")


async def problems(on: Harness) -> list[str]:
    """Why the bot is not ready; the status has to agree."""
    answer = await asked(on, "/readyz")
    found: list[str] = answer.json()["problems"]
    assert answer.status_code == (503 if found else 200)
    assert answer.json()["ok"] is not bool(found)
    return found


async def warnings(on: Harness) -> list[str]:
    """What is wrong although the bot is ready."""
    found: list[str] = (await asked(on, "/readyz")).json()["warnings"]
    return found


async def says(on: Harness, sentence: str) -> None:
    """Wait until the bot gives this reason for not being ready."""

    async def said() -> bool:
        return any(re.fullmatch(sentence, problem) for problem in await problems(on))

    await until(said)


async def ready(on: Harness) -> bool:
    return not await problems(on)


# ------------------------------------------------------------ health and readiness


@pytest.mark.both_transports
async def test_a_running_bot_is_alive_and_ready(on: Harness) -> None:
    assert (await asked(on, "/healthz")).json() == {"ok": True}
    assert (await asked(on, "/readyz")).json() == {"ok": True, "process": "run", "problems": [], "warnings": []}


@pytest.mark.edge
@pytest.mark.parametrize("store", ["sqlite"])
async def test_while_the_store_is_locked_the_bot_is_not_ready_and_goes_on_after_it(on: Harness, tmp_path: Path) -> None:
    locked = sqlite3.connect(tmp_path / "bot.db", isolation_level=None, timeout=0)
    await until(lambda: _locks(locked))
    try:
        for _ in range(2):
            locked_by = "rejects writes: another process has locked the file"
            await says(on, f"The store (doesn't answer \\(TimeoutError\\)|{locked_by})\\.")
        assert (await asked(on, "/healthz")).status_code == 200
    finally:
        locked.execute("ROLLBACK")
        locked.close()
    await until(lambda: ready(on))
    ts, session = await on.started()
    await on.devin.say(session, "All is well again.")
    await on.wait_for_post(GENERAL, ts, "All is well again.")


async def _locks(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


@pytest.mark.parametrize("transport", ["socket"])
async def test_without_a_socket_the_bot_is_not_ready(on: Harness) -> None:
    await on.slack.transport("http", "http://127.0.0.1:9/none")
    await on.slack.disconnect(hard=True)
    await says(on, r"There's no connection to Slack \(Socket Mode\)\.")


async def test_an_outage_of_devin_is_named_and_leaves_the_bot_ready(on: Harness, clock: Ahead) -> None:
    await on.started()
    await on.devin.fault("list_sessions", "hang", times=-1)
    await on.devin.wait_for_calls("list_sessions", 1, since=(await on.devin.log())[-1]["number"])
    clock.put(310)
    (warning,) = await warnings(on)
    assert re.fullmatch(r"Devin hasn't answered a poll for 31\d s\. Messages are stored until it does\.", warning)
    assert await ready(on)  # a probe that took it away would lose what people write
    await on.devin.clear_faults()

    async def answers() -> bool:
        return not await warnings(on)

    await until(answers)


@pytest.mark.both_transports
async def test_a_bot_that_stops_says_so_while_it_finishes_its_work(on: Harness) -> None:
    await on.devin.fault("create_session", "hang", commit="late")
    await on.mention("a slow start")
    await on.devin.wait_for_calls("create_session")
    stop = asyncio.create_task(on.stop())
    await says(on, r"The bot is stopping\.")
    await on.devin.clear_faults()
    await stop
    assert len(await on.devin.sessions()) == 1


# ------------------------------------------------------------ a store behind a pooler


@pytest.mark.edge
@needs_pgbouncer
async def test_a_session_is_started_and_steered_through_a_pooler_with_one_connection(
    tmp_path: Path, postgres_store: str
) -> None:
    async with pgbouncer(postgres_store, tmp_path) as address:
        more = "?sslmode=disable&pgbouncer=true&connection_limit=1"
        async with harness(tmp_path, DATABASE_URL=f"{address}{more}") as on:
            ts, session = await on.started()
            await on.devin.say(session, "All is well.")
            await on.wait_for_post(GENERAL, ts, "All is well.")
            await on.slack.say(BEN, GENERAL, "use pytest", thread_ts=ts)
            await on.devin.wait_for_messages("use pytest")
    await postgres.run(postgres_store, postgres.LEAVE, *(f"DELETE FROM {name}" for name in metadata.tables))


def nothing_but(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of a process that has these and no others."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | dict(environment)


async def migrated(environment: Mapping[str, str], folder: Path = ROOT) -> tuple[int, str, str]:
    """What `python -m bot migrate` ends with, says and complains of, in a folder, with these settings and no others."""
    one = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "migrate"),
        cwd=folder,
        env=nothing_but({"PYTHONPATH": str(ROOT)} | environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await one.communicate()
    assert one.returncode is not None
    return one.returncode, said.decode(), complained.decode()


async def complaints(log: Path, environment: Mapping[str, str], command: str = "run") -> list[str]:
    """What a command of `python -m bot` says that fails with these settings and no others."""
    one = await fork(0.0, nothing_but(environment), log, command)
    assert await asyncio.wait_for(one.wait(), 30) == 1
    return log.read_text().splitlines()


def sentences_of(lines: list[str]) -> list[str]:
    """What is there for people, without the log."""
    return [line for line in lines if not line.startswith("{")]


async def test_the_schema_is_brought_up_with_the_address_that_a_platform_gives_and_nothing_else(
    postgres_server: str,
) -> None:
    url = await postgres.create(postgres_server, template=None)
    given = url.replace("postgresql://", "postgres://")
    for _ in range(2):
        assert await migrated({"DATABASE_URL": given}) == (0, "The schema is up to date.\n", "")
    db = Database(url)
    await check_current(db, metadata)
    await db.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_store_of_some_commits_ago_is_refused_with_a_sentence(
    tmp_path: Path, kind: str, postgres_server: str
) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    if kind == "postgresql":
        url = await postgres.create(postgres_server, template=None)
    assert (await migrated({"DATABASE_URL": url}))[0] == 0
    async with AsyncExitStack() as stack:
        db = Database(url)
        stack.push_async_callback(db.close)
        async with db.write() as tx:  # the revision is the newest
            await tx.execute(text("ALTER TABLE alembic_version DROP COLUMN fingerprint"))
            await tx.execute(text("DROP TABLE posts"))
    commands = ("run", "migrate") if kind == "sqlite" else ("run", "web", "worker", "migrate")
    async with harness(tmp_path / "of it", "http", start=False, DATABASE_URL=url) as on:
        for command in commands:
            assert sentences_of(await complaints(tmp_path / command, on.environment, command)) == [
                "An unreleased version created the store, so its tables differ."
                " Run the version that created it, or set DATABASE_URL to a new store."
            ]


async def test_a_command_for_the_store_names_the_file_of_settings_that_it_does_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///another.db\n")
    unread = "The file .env here isn't read. To read it, add --env-file .env.\n"
    assert await migrated({}, tmp_path) == (0, "The schema is up to date.\n", unread)
    assert await migrated({"DATABASE_URL": "sqlite:///bot.db"}, tmp_path) == (0, "The schema is up to date.\n", "")


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o600, False)])
async def test_a_bot_whose_settings_others_may_read_warns_as_it_starts(tmp_path: Path, mode: int, warned: bool) -> None:
    file = tmp_path / "settings.env"
    async with harness(tmp_path, "http", start=False) as on:
        file.write_text("".join(f"{name}={value}\n" for name, value in on.environment.items()))
    file.chmod(mode)
    one = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "web", "--env-file", str(file)),  # which wants PostgreSQL, and stops
        cwd=ROOT,
        env=nothing_but({}),
        stderr=asyncio.subprocess.PIPE,
    )
    _, complained = await one.communicate()
    lines = [json.loads(line) for line in complained.decode().splitlines() if line.startswith("{")]
    said = [(line["level"], line["event"], line["hint"]) for line in lines if line["event"] == "settings file open"]
    sentence = f"Other users can read {file}, which has secrets. Run chmod 600 {file}."
    assert (one.returncode, said) == (1, [("warning", "settings file open", sentence)] if warned else [])


@pytest.mark.parametrize("kind", ["folder", "file"])
async def test_an_address_that_names_no_store_changes_no_mode(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "precious"
    if kind == "folder":
        path.mkdir()
        path.chmod(0o1777)
    else:
        path.write_text("precious, and no store")
        path.chmod(0o664)
    before = path.stat()
    code, _, complaint = await migrated({"DATABASE_URL": f"sqlite:///{path}"})
    assert (code, NOT_OPENED in complaint, path.stat().st_mode) == (1, True, before.st_mode)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "postgres://ann:hush@127.0.0.1:9/bot",
            f"No PostgreSQL server listens at the host and port of DATABASE_URL. {REACH}",
        ),
        (
            "postgres://ann:pa@ss:hush/w@127.0.0.1/bot",  # what stands where the port should be is of the password
            NOT_OPENED,
        ),
        ("mysql://ann:hush@127.0.0.1/bot", NOT_A_DATABASE_URL),
    ],
)
async def test_a_store_whose_schema_cannot_be_brought_up_is_a_sentence(tmp_path: Path, url: str, sentence: str) -> None:
    lines = await complaints(tmp_path / "log", {"DATABASE_URL": url}, "migrate")
    assert sentences_of(lines) == [sentence]
    assert "hush" not in str(lines)


# ------------------------------------------------------------ figures


@pytest.mark.both_transports
async def test_figures_count_what_was_stored_called_and_posted(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "One word.")
    await on.wait_for_post(GENERAL, ts, "One word.")

    async def counted() -> bool:
        return 'devin_bridge_posts_sent_total{kind="post"} 1.0' in (await asked(on, "/metrics")).text

    await until(counted)
    answer = await asked(on, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert float(figures['devin_bridge_inbox_rows_total{kind="message"}']) >= 1
    assert figures['devin_bridge_slack_calls_total{method="chat.postMessage",outcome="ok"}'] == "2.0"
    created = 'devin_bridge_devin_calls_total{outcome="200",route="POST /v3/organizations/{id}/sessions"}'
    assert figures[created] == "1.0"
    assert float(figures["devin_bridge_poll_age_seconds"]) < 60
    transport = "socket" if "SLACK_APP_TOKEN" in on.environment else "http"
    assert float(figures[f'devin_bridge_ack_seconds_count{{kind="{transport}"}}']) >= 1
    assert float(figures['devin_bridge_oldest_row_seconds{box="outbox",reason="new"}']) < 60
    assert float(figures['devin_bridge_open_sessions{state="working"}']) == 1
    assert float(figures['devin_bridge_acus_today{source="sessions"}']) == 0
    assert [name for name in figures if name.startswith("devin_bridge_build_info")]
    assert not [name for name in figures if session in name or ts in name or GENERAL in name]


async def test_figures_are_for_this_machine_and_not_for_who_comes_through_a_proxy_on_it(on: Harness) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{on.port}") as http:
        refused = await http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert (refused.status_code, refused.text) == (403, "Only on this machine, or with the token in BOT_METRICS_TOKEN.")


async def test_with_a_token_figures_are_for_whoever_sends_it(tmp_path: Path) -> None:
    token = "a-token-for-prometheus"
    async with harness(tmp_path, BOT_METRICS_TOKEN=token) as on:
        assert (await asked(on, "/metrics")).status_code == 403
        async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{on.port}") as http:
            there = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.7"}
            assert (await http.get("/metrics", headers=there)).status_code == 200
            assert (await http.get("/metrics", headers={"Authorization": "Bearer guess"})).status_code == 403


# ------------------------------------------------------------ the process


@dataclass
class Process:
    """`python -m bot run` in a process of its own."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Its log, line by line."""
        return [json.loads(line) for line in self.lines]

    async def running(self) -> None:
        """Read its log until it says that it runs."""
        await self.line("running")

    async def line(self, event: str) -> None:
        """Read its log until a line about this event."""
        async with asyncio.timeout(30):
            while not self.lines or self.facts[-1]["event"] != event:
                self.lines.append(await self._line())

    async def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as a supervisor does, or `by` another signal, and read the rest."""
        self.process.send_signal(by)
        return await self.ended()

    async def ended(self) -> int:
        """Read on until it ends; answers its exit code."""
        async with asyncio.timeout(30):
            while line := await self._line():
                self.lines.append(line)
            return await self.process.wait()

    async def _line(self) -> str:
        assert self.process.stderr is not None
        return (await self.process.stderr.readline()).decode().rstrip("\n")


@asynccontextmanager
async def process(environment: Mapping[str, str], descriptors: int | None = None) -> AsyncIterator[Process]:
    """Start it, with so many file descriptors; it is gone at the end whatever happens."""
    limit = () if descriptors is None else ("sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh")
    one = Process(
        await asyncio.create_subprocess_exec(
            *(*limit, sys.executable, "-m", "bot", "run"),
            cwd=ROOT,
            env=nothing_but(environment),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    )
    try:
        yield one
    finally:
        if one.process.returncode is None:
            one.process.kill()
            await one.process.wait()


def one_ref(facts: list[dict[str, Any]], *events: str) -> str:
    """The reference that lines of all these events carry."""
    refs = [{fact.get("ref") for fact in facts if fact["event"] == event} for event in events]
    found = set.intersection(*refs)
    assert found, (events, facts)
    return str(next(iter(found)))


@pytest.mark.both_transports
async def test_one_reference_leads_from_the_message_to_devin_to_the_post_without_a_word_of_it(
    tmp_path: Path, transport: str
) -> None:
    async with harness(tmp_path, transport, start=False, BOT_LOG_LEVEL="DEBUG") as on:
        async with process(on.environment | {"PORT": "0"}) as bot:
            await bot.running()
            if transport == "http":
                on.simulated_slack.request_url = f"http://127.0.0.1:{bot.facts[-1]['port']}/slack/events"
            ts, session = await on.started("fix the swordfish test")
            await on.slack.say(BEN, GENERAL, "mackerel reply", thread_ts=ts)
            await on.devin.wait_for_messages("mackerel reply")
            await on.devin.say(session, "Tunafish answer.")
            await on.wait_for_post(GENERAL, ts, "Tunafish")
            slash = await on.slack.slash(ANN, GENERAL, "fix the haddock test")
            await on.session("fix the haddock test")
            await on.slack.slash(ANN, GENERAL, "usage")
            assert await bot.end() == 0
        log = "\n".join(bot.lines)
    one_ref(bot.facts, "taken", "session created", "sent")
    one_ref(bot.facts, "taken", "reply sent")
    created = [fact for fact in bot.facts if fact["event"] == "session created"]
    posts = [fact for fact in bot.facts if fact["event"] == "sent" and fact["key"].startswith("say:")]
    assert [post["ref"] for post in posts] == [created[0]["ref"]]
    for word in ("swordfish", "mackerel", "unafish", "haddock"):
        assert word not in log
    for secret in (*on.settings.secrets, slash["response_url"].rsplit("/", 1)[1]):
        assert secret not in log


@pytest.mark.both_transports
async def test_a_start_in_which_all_is_well_warns_of_nothing(tmp_path: Path, transport: str) -> None:
    async with harness(tmp_path, transport, start=False) as on, process(on.environment) as bot:
        await bot.running()
        assert [fact["event"] for fact in bot.facts if fact["level"] != "info"] == []
        assert await bot.end(signal.SIGHUP) == 0  # as where the terminal closes
        assert bot.facts[-1]["event"] == "stopped"


@pytest.mark.long
@pytest.mark.both_transports
async def test_half_requests_without_end_leave_descriptors_for_slack_devin_and_the_store(
    tmp_path: Path, transport: str
) -> None:
    """The process may have 256 descriptors, as on some systems, and somebody holds more connections than that."""
    async with harness(tmp_path, transport, start=False) as on, AsyncExitStack() as held:
        async with process(on.environment, descriptors=256) as bot:
            await bot.running()
            on.port = bot.facts[-1]["port"]
            on.simulated_slack.request_url = f"http://127.0.0.1:{on.port}/slack/events"
            for _ in range(300):
                _, writer = await asyncio.open_connection("127.0.0.1", on.port)
                held.callback(writer.close)
                writer.write(b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-Slow: ")
            ts, session = await on.started()
            await on.devin.say(session, "All is well.")
            await on.wait_for_post(GENERAL, ts, "All is well.")
            assert await ready(on)
            assert "devin_bridge_requests_refused_total" in (await asked(on, "/metrics")).text
            assert await bot.end() == 0
        assert [fact for fact in bot.facts if fact["level"] in {"warning", "error"}] == []


@pytest.mark.edge
@pytest.mark.parametrize("transport", ["socket"])
@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_second_process_on_the_same_file_says_so_and_ends(on: Harness, tmp_path: Path) -> None:
    async with process(on.environment) as second:
        assert await second.ended() == 1
    assert second.lines == [
        (f"Another process is using {tmp_path / 'bot.db'}. Stop it first, or give this one its own DATABASE_URL.")
    ]
    assert await on.started()


@pytest.mark.edge
@pytest.mark.parametrize(
    ("wrong", "sentences"),
    [
        (
            {"SLACK_BOT_TOKEN": "xoxb-wrong"},
            [
                (
                    "Slack rejected the bot (invalid_auth). Check SLACK_BOT_TOKEN and SLACK_API_URL. For details,"
                    " run `python -m bot doctor`."
                )
            ],
        ),
        (
            {"DEVIN_API_KEY": "cog_wrong"},
            [
                (
                    "Devin rejected the key (401). Check DEVIN_API_KEY and DEVIN_API_URL. For details, run `python"
                    " -m bot doctor`."
                )
            ],
        ),
        (
            {"SLACK_APP_TOKEN": "xapp-wrong"},
            [
                (
                    "Slack didn't open a socket for the bot (invalid_auth). Check SLACK_APP_TOKEN. For details, run"
                    " `python -m bot doctor`."
                )
            ],
        ),
        ({"SLACK_BOT_TOKEN": "", "DEVIN_ORG_ID": ""}, [NO_BOT_TOKEN, NO_ORGANISATION]),
        (
            {"BOT_HOST": "192.0.2.1"},
            [("The bot can't listen on “192.0.2.1”. Set BOT_HOST to an address of this machine, for example 0.0.0.0.")],
        ),
        (
            {"DATABASE_URL": "sqlite:////proc/no/such/place/bot.db"},
            ["The store /proc/no/such/place/bot.db can't be opened. Check DATABASE_URL and write access there."],
        ),
        (
            {"DATABASE_URL": "postgres://ann:hush@127.0.0.1:none/bot"},
            [NOT_OPENED],
        ),
    ],
    ids=["slack token", "devin key", "app token", "missing", "host", "store", "address"],
)
async def test_a_start_that_fails_says_why_in_a_sentence(
    tmp_path: Path, wrong: dict[str, str], sentences: list[str]
) -> None:
    async with harness(tmp_path, start=False) as on:
        lines = await complaints(tmp_path / "log", on.environment | wrong)
    assert sentences_of(lines) == sentences
    assert not [line for line in lines if "Traceback" in line]


@pytest.mark.edge
async def test_a_port_that_another_process_has_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with harness(tmp_path, start=False) as on:
            lines = await complaints(tmp_path / "log", on.environment | {"PORT": str(port)})
            assert await on.slack.log() == []
    assert lines == [f"Port {port} is used by another process. Stop it first, or set PORT to another number."]


@pytest.mark.edge
async def test_a_file_that_is_no_store_is_a_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("This is a letter, not a database. " * 100)
    async with harness(tmp_path, start=False) as on:
        lines = await complaints(tmp_path / "log", on.environment)
    assert sentences_of(lines) == [NOT_OPENED]


@pytest.mark.edge
async def test_a_stop_while_slack_lets_no_socket_open_ends_the_start(tmp_path: Path) -> None:
    async with harness(tmp_path, start=False) as on:
        await on.slack.fault("apps.connections.open", "http_500", times=0)
        starting = asyncio.create_task(on.start())
        await on.slack.wait_for_call("apps.connections.open", count=2)  # the check, and the first of many tries
        async with asyncio.timeout(10):
            await on.stop()
        await asyncio.gather(starting, return_exceptions=True)
        await on.slack.clear_faults()
        await on.start()  # nothing was left behind: not the lock, not the port
        assert await problems(on) == []


@pytest.mark.edge
async def test_an_outage_of_slack_at_the_start_is_waited_for(tmp_path: Path) -> None:
    async with harness(tmp_path, start=False) as on:
        await on.slack.fault("auth.test", "http_500", times=2)
        await on.slack.fault("auth.test", "drop_before", times=1)
        await on.slack.fault("apps.connections.open", "http_500", times=1)
        with structlog.testing.capture_logs() as lines:
            await on.start()
        waits = [line["again_in"] for line in lines if line["event"] == "Slack didn't answer at startup"]
        assert waits == [0.1, 0.2, 0.4, 0.1]
        await on.started()


@pytest.mark.edge
async def test_a_token_that_slack_refuses_after_an_outage_ends_the_start(tmp_path: Path) -> None:
    async with harness(tmp_path, start=False, SLACK_BOT_TOKEN="xoxb-wrong") as on:
        await on.slack.fault("auth.test", "http_500", times=1)
        with pytest.raises(StartError, match=r"^Slack rejected the bot \(invalid_auth\)\."):
            await on.start()


@pytest.mark.edge
async def test_a_stop_while_slack_cannot_be_reached_ends_the_start(tmp_path: Path) -> None:
    async with harness(tmp_path, start=False, SLACK_API_URL="http://127.0.0.1:9/api/") as on:
        async with process(on.environment) as bot:
            await bot.line("Slack didn't answer at startup")
            assert (bot.facts[-1]["error"], bot.facts[-1]["again_in"]) == ("unreachable", 1.0)
            assert await bot.end() == 0
        assert bot.facts[-1]["event"] == "stopped before it was up"


@pytest.mark.edge
async def test_of_two_bots_on_one_port_the_second_says_so_while_the_first_one_waits(
    tmp_path: Path, free_tcp_port: int
) -> None:
    port, one, two = free_tcp_port, tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    async with harness(one, start=False, PORT=str(port)) as on:
        await on.slack.fault("auth.test", "http_500", times=0)
        starting = asyncio.create_task(on.start())
        await on.slack.wait_for_call("auth.test")
        async with harness(two, start=False, PORT=str(port)) as other:
            with pytest.raises(StartError) as failed:
                await other.start()
        await on.stop()
        await asyncio.gather(starting, return_exceptions=True)
    assert str(failed.value) == (
        f"Port {port} is used by another process. Stop it first, or set PORT to another number."
    )


@pytest.mark.edge
@pytest.mark.both_transports
async def test_an_outage_of_devin_is_no_reason_not_to_start(tmp_path: Path, transport: str) -> None:
    async with harness(tmp_path, transport, start=False) as on:
        await on.devin.fault("self", "503", times=4)  # a read is tried four times
        await on.devin.fault("create_session", "429", retry_after=1)
        await on.start()
        ts = await on.slack.say(ANN, GENERAL, f"{BOT} please keep the old api")
        await on.slack.wait_for_message(GENERAL, "please keep the old api", thread_ts=ts)
        assert await on.devin.wait_for_sessions("please keep the old api")
