"""The report, and the findings about the settings: no network, no store."""

from bot.config import load_settings
from bot.doctor import doctor
from bot.doctor.findings import Finding, Level, quoted, report
from bot.doctor.settings import usable_settings
from tests.doctor.sentences import (
    APP_TOKEN,
    KEY,
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
)

ONCE_USABLE = note("Slack, Devin and the store are looked at once the settings can be used.")


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


async def test_settings_that_cannot_be_used_are_all_reported():
    environ = {"SLACK_BOT_TOKEN": PASSWORD, "SLACK_APP_TOKEN": APP_TOKEN, "DEVIN_API_KEY": KEY}
    assert await reported(environ) == problem(NOT_A_BOT_TOKEN) + problem(NO_ORGANISATION) + ONCE_USABLE


async def test_a_file_of_settings_that_is_not_there(tmp_path):
    assert await reported({}, tmp_path / "none.env") == (
        problem("none.env does not exist: copy .env.example to it and fill it in.") + ONCE_USABLE
    )
