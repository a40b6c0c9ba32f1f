"""Findings, which are the results of checks, and the report that a person reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.views.text import one_line, shortened

INDENT: Final = " " * 9  # as wide as the longest mark and two spaces
LONGEST_NAME: Final = 80  # characters


class Level(StrEnum):
    """What a finding means, the worst first, in the order of the report. Only the first two make the exit code 1."""

    STOPS = "Problems that stop the bot"
    MISLEADS = "Problems that mislead people"
    NOTE = "Optional, or worth knowing"
    OK = "OK"

    @property
    def mark(self) -> str:
        """The word before each line."""
        return {Level.NOTE: "note", Level.OK: "ok"}.get(self, "problem")


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the report, and what to do about it."""

    level: Level
    what: str
    fix: str | None = None


def ok(what: str) -> Finding:
    """Make a finding about something that is as it should be."""
    return Finding(Level.OK, what)


def problem(what: str, fix: str | None = None) -> Finding:
    """Make a finding about something without which the bot does not work."""
    return Finding(Level.STOPS, what, fix)


def misleads(what: str, fix: str | None = None) -> Finding:
    """Make a finding about something that works otherwise than people believe."""
    return Finding(Level.MISLEADS, what, fix)


def note(what: str, fix: str | None = None) -> Finding:
    """Make a finding about something that a person should know and may leave as it is."""
    return Finding(Level.NOTE, what, fix)


def quoted(name: str | None, otherwise: str) -> str:
    """Quote a `name` from outside as one short line without control characters; `otherwise` if it is empty."""
    printable = "".join(character for character in one_line(name or "") if character.isprintable())
    return f"“{shortened(printable, LONGEST_NAME)}”" if printable else otherwise


def report(findings: Sequence[Finding]) -> str:
    """Write the findings as lines of text under what they mean, the worst first."""
    sorts = [(level, [finding for finding in findings if finding.level is level]) for level in Level]
    parts = [line for level, found in sorts if found for line in (f"{level}:", *_lines(found), "")]
    return "\n".join([*parts, _summary(findings)])


def _lines(findings: Sequence[Finding]) -> list[str]:
    """A fix that findings in a row share is written once, under the last."""
    lines: list[str] = []
    for finding, following in zip(findings, [*findings[1:], None], strict=True):
        lines.append(f"{finding.level.mark:<{len(INDENT)}}{finding.what}")
        if finding.fix and (following is None or following.fix != finding.fix):
            lines.append(f"{INDENT}→ {finding.fix}")
    return lines


def _summary(findings: Sequence[Finding]) -> str:
    problems = sum(finding.level in {Level.STOPS, Level.MISLEADS} for finding in findings)
    return {0: "No problems were found.", 1: "1 problem was found."}.get(problems, f"{problems} problems were found.")
