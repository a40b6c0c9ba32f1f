"""The quotation marks around a name, in the forms that phones, Slack and other languages give them."""

import pytest

from bot.domain.commands.options import parse_request
from bot.domain.commands.parser import Command
from bot.domain.commands.quotation_marks import searched, unquoted
from bot.domain.session import Options
from bot.features import COMMANDS
from bot.features.audit.rules import AuditQuery, parse_query
from bot.features.fan_out.rules import FanOutQuery, parse_fan_out
from bot.features.library.specs import NOTE_LIST
from bot.features.reads.specs import MEMBERS

NAME = "Acme Web App Team"
IN_DOUBLE = [f'"{NAME}"', f"“{NAME}”", f"„{NAME}“", f"”{NAME}”", f"«{NAME}»", f"»{NAME}«", f"«\u00a0{NAME}\u00a0»"]
IN_SINGLE = [f"'{NAME}'", f"\u2018{NAME}\u2019", f"\u201a{NAME}\u2018", f"\u2039{NAME}\u203a"]


@pytest.mark.parametrize("quoted", [*IN_DOUBLE, *IN_SINGLE])
def test_each_reader_takes_each_kind_of_marks(quoted: str) -> None:
    assert unquoted(quoted) == NAME
    assert parse_query(f"action=login org={quoted} since=2026-11-01") == AuditQuery(
        action="login", org=NAME, since="2026-11-01"
    )
    command = COMMANDS.parser.slash(f"note list {quoted}")
    assert command == Command(NOTE_LIST, quoted)
    assert searched(command.argument) == NAME
    command = COMMANDS.parser.slash(f"members {quoted}.")
    assert command == Command(MEMBERS, quoted)
    assert COMMANDS.parser.slash(f"members {command.argument}") == command, "a row has it to be read again"
    assert parse_request(f"fix it title={quoted}").options == Options(title=NAME)


@pytest.mark.parametrize("quoted", IN_DOUBLE)
def test_so_does_a_fan_out_whose_lists_have_double_ones(quoted: str) -> None:
    assert parse_fan_out(f"upgrade orgs={quoted},web") == FanOutQuery("upgrade", (NAME, "web"), Options())


@pytest.mark.parametrize(
    "text", ["", "deploy", '"', '""', '"deploy', 'deploy"', '"a" and "b"', "'don't'", "“it's”s", "`deploy`"]
)
def test_other_texts_stand_in_no_marks(text: str) -> None:
    assert unquoted(text) is None


@pytest.mark.parametrize(("typed", "words"), [("deploy ", "deploy"), ("„deploy“", "deploy"), ('" "', '" "'), ("", "")])
def test_what_a_list_is_searched_for(typed: str, words: str) -> None:
    assert searched(typed) == words
