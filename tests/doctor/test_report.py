"""The report, and the findings about the settings: no network, no store."""

import time
from email.utils import formatdate

from bot.config import load_settings
from bot.doctor import doctor
from bot.doctor.clock import Clocks
from bot.doctor.findings import Finding, Level, quoted, report
from bot.doctor.settings import usable_settings
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
    problem,
    shown,
    store_is_up_to_date,
)

NOTHING_CHECKED = note("Slack, Devin and the store are checked once their settings can be used.")


async def reported(environ, env_file=None):
    """The report about settings that cannot be used, and its exit code."""
    written = []
    assert await doctor(environ, env_file, write=written.append) == 1
    (text,) = written
    return lines_of(text)


def test_a_fix_that_several_share_stands_once():
    findings = [
        Finding(Level.PROBLEM, "One is missing.", "Add it."),
        Finding(Level.PROBLEM, "Two is missing.", "Add it."),
        Finding(Level.OK, "Three is there."),
    ]
    assert report(findings) == (
        "problem  One is missing.\n"
        "problem  Two is missing.\n"
        "         → Add it.\n"
        "ok       Three is there.\n"
        "\n"
        "2 problems were found."
    )


def test_a_fix_that_another_finding_interrupts_stands_twice():
    findings = [
        Finding(Level.PROBLEM, "One is missing.", "Add it."),
        Finding(Level.NOTE, "Two is odd."),
        Finding(Level.PROBLEM, "Three is missing.", "Add it."),
    ]
    assert shown(*findings) == (
        problem("One is missing.", "Add it.") + note("Two is odd.") + problem("Three is missing.", "Add it.")
    )


def test_the_summary_counts_problems_only():
    assert report([Finding(Level.NOTE, "One is odd.")]) == "note     One is odd.\n\nNo problem was found."
    assert report([Finding(Level.PROBLEM, "One is missing.")]) == "problem  One is missing.\n\n1 problem was found."


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
    assert lines[-4:] == [
        *store_is_up_to_date(store),
        *LASTING_DISK,
        *note("Slack is checked once its settings can be used."),
    ]
    assert [line for line in lines if "Devin could not be reached" in line]  # where the tests let it answer nothing


async def test_without_devins_key_slack_is_checked(environ):
    del environ["DEVIN_API_KEY"]
    lines = await reported(environ)
    assert lines[-1:] == note("Devin is checked once its settings can be used.")
    assert [line for line in lines if "Slack could not be reached" in line]


async def test_a_file_of_settings_that_is_not_there(tmp_path):
    assert await reported({}, tmp_path / "none.env") == (
        problem("none.env does not exist: copy .env.example to it and fill it in.") + NOTHING_CHECKED
    )


def test_a_clock_that_is_not_that_of_a_service_is_a_problem():
    clocks = Clocks()
    clocks.dated("Slack", formatdate(time.time() - 200, usegmt=True))
    clocks.dated("Devin", formatdate(time.time() + 2, usegmt=True))
    clocks.dated("Devin", None)
    assert shown(*clocks.findings()) == problem(
        "The bot's clock is 3 minutes ahead of Slack's. Set the clock of its machine.",
        "Have it set by NTP. Slack's signatures are refused once it is five minutes wrong.",
    )
