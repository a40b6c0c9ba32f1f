"""The report, and the findings about the settings: no network, no store."""

import asyncio
import time
from email.utils import formatdate

import pytest

from bot.config import load_settings
from bot.doctor import doctor
from bot.doctor.clock import Clocks
from bot.doctor.findings import Finding, Level, quoted, report
from bot.doctor.process import check_process
from bot.doctor.settings import usable_settings
from bot.process import ProcessKind
from tests.doctor.sentences import (
    APP_TOKEN,
    KEY,
    LASTING_DISK,
    NO_ORGANISATION,
    NOT_A_BOT_TOKEN,
    OVER_HTTP,
    PASSWORD,
    SIGNING,
    SOCKET_MODE,
    lines_of,
    note,
    ok,
    problem,
    shown,
    store_is_up_to_date,
)

NOTHING_CHECKED = note("Slack, Devin, and the store are checked once their settings can be used.")


async def reported(environ, env_file=None):
    """The report about settings that cannot be used, and its exit code."""
    written = []
    assert await doctor(environ, env_file, write=written.append) == 1
    (text,) = written
    return lines_of(text)


def test_what_stops_the_bot_comes_first_and_a_fix_that_several_share_stands_once():
    findings = [
        Finding(Level.OK, "One is there."),
        Finding(Level.NOTE, "Two is optional."),
        Finding(Level.MISLEADS, "Three is not what it seems.", "Add it."),
        Finding(Level.STOPS, "Four is missing.", "Add it."),
        Finding(Level.NOTE, "Five is odd."),
        Finding(Level.STOPS, "Six is missing.", "Add it."),
    ]
    assert report(findings) == (
        "Problems that stop the bot:\n"
        "problem  Four is missing.\n"
        "problem  Six is missing.\n"
        "         → Add it.\n"
        "\n"
        "Problems that mislead people:\n"
        "problem  Three is not what it seems.\n"
        "         → Add it.\n"
        "\n"
        "Optional, or worth knowing:\n"
        "note     Two is optional.\n"
        "note     Five is odd.\n"
        "\n"
        "OK:\n"
        "ok       One is there.\n"
        "\n"
        "3 problems were found."
    )


def test_the_summary_counts_problems_only():
    assert report([Finding(Level.NOTE, "One is odd.")]).endswith("note     One is odd.\n\nNo problems were found.")
    assert report([Finding(Level.STOPS, "One is missing.")]).endswith("One is missing.\n\n1 problem was found.")


def test_a_name_from_outside_moves_no_terminal():
    assert quoted("ops\x1b[2J\n\u202eevil", "C0OPS") == "“ops[2J evil”"
    assert quoted("\x1b\u202e", "C0OPS") == "C0OPS"
    assert quoted(None, "C0OPS") == "C0OPS"
    assert quoted("a" * 200, "C0OPS") == f"“{'a' * 79}…”"


def test_usable_settings_name_transport_and_store(environ):
    assert shown(usable_settings(load_settings(environ))) == SOCKET_MODE
    http = {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": SIGNING, "PORT": "8080"}
    url = f"postgresql://bot:{PASSWORD}@127.0.0.1/bridge"
    settings = load_settings(environ | http | {"DATABASE_URL": url})
    assert shown(usable_settings(settings)) == OVER_HTTP


async def test_settings_that_cannot_be_used_are_all_reported_and_the_rest_is_checked(store):
    environ = {"SLACK_BOT_TOKEN": PASSWORD, "SLACK_APP_TOKEN": APP_TOKEN, "DEVIN_API_KEY": KEY}
    assert await reported(environ | {"DATABASE_URL": f"sqlite:///{store}"}) == (
        problem(NOT_A_BOT_TOKEN)
        + problem(NO_ORGANISATION)
        + store_is_up_to_date(store)
        + LASTING_DISK
        + note("Slack and Devin are checked once their settings can be used.")
    )


async def test_without_slacks_tokens_devin_is_checked(environ, store):
    del environ["SLACK_BOT_TOKEN"], environ["SLACK_APP_TOKEN"]
    lines = await reported(environ)
    for line in (*store_is_up_to_date(store), *LASTING_DISK, *note("Slack is checked once its settings can be used.")):
        assert line in lines
    assert [line for line in lines if "Devin couldn't be reached" in line]  # where the tests let it answer nothing


async def test_without_devins_key_slack_is_checked(environ):
    del environ["DEVIN_API_KEY"]
    lines = await reported(environ)
    assert note("Devin is checked once its settings can be used.")[0] in lines
    assert [line for line in lines if "Slack couldn't be reached" in line]


async def test_a_file_of_settings_that_is_not_there(tmp_path):
    assert await reported({}, tmp_path / "none.env") == (
        problem("none.env doesn't exist: copy .env.example to it and fill it in.") + NOTHING_CHECKED
    )


def test_a_clock_that_is_not_that_of_a_service_is_a_problem():
    clocks = Clocks()
    clocks.dated("Slack", formatdate(time.time() - 200, usegmt=True))
    clocks.dated("Devin", formatdate(time.time() + 2, usegmt=True))
    clocks.dated("Devin", None)
    assert shown(*clocks.findings()) == problem(
        "The bot's clock is 3 minutes ahead of Slack's. Sync the machine's clock.",
        "Sync it with NTP. Slack's requests are rejected once it's five minutes off.",
    )


# ---------------------------------------------------------------- the process that is to run

POOLED = {"DATABASE_URL": f"postgresql://bot:{PASSWORD}@127.0.0.1:6432/bridge"}


@pytest.mark.parametrize("process", [ProcessKind.WEB, ProcessKind.WORKER])
async def test_a_worker_on_an_sqlite_file_is_a_problem(environ, process):
    assert shown(*await check_process(load_settings(environ | {"PORT": "0"}), process)) == problem(
        f"SQLite supports only one process: start it with `python -m bot run`. For `{process}` set DATABASE_URL to"
        " PostgreSQL."
    )


async def test_a_worker_behind_a_pooler_needs_the_address_of_postgresql_itself(environ):
    settings = load_settings(environ | POOLED | {"PORT": "0"})
    assert shown(*await check_process(settings, ProcessKind.WORKER)) == problem(
        "DATABASE_URL points to a pooler, which doesn't support LISTEN. Set DATABASE_DIRECT_URL to PostgreSQL itself."
    )
    assert shown(*await check_process(settings, ProcessKind.RUN)) == note(
        "Behind a pooler, only a single process works. For `web` and `worker`, set DATABASE_DIRECT_URL too."
    )
    direct = {"DATABASE_DIRECT_URL": f"postgresql://bot:{PASSWORD}@127.0.0.1:5432/bridge"}
    assert await check_process(load_settings(environ | POOLED | direct | {"PORT": "0"}), ProcessKind.WORKER) == []


async def test_a_port_that_something_else_has_is_a_problem_and_one_of_the_bot_is_not(environ):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        body = said.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = load_settings(environ | {"PORT": str(port)})
        said = "Hello"
        taken = f"Port {port} is used by another process. Stop it first, or set PORT to another number."
        assert shown(*await check_process(settings, ProcessKind.RUN)) == problem(taken)
        said = '{"ok": true, "process": "run", "problems": [], "warnings": []}'
        own = ok(f"The bot is already running, on port {port}.")
        assert shown(*await check_process(settings, ProcessKind.RUN)) == own
