"""All commands: `python -m bench.commands` writes `docs/commands.md` from the table of commands.

The words, their surfaces and who can use them are those of the specs, and the sentences those of `/devin help all` and
of `!help`.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.domain.commands.registry import HELP, START
from bot.domain.commands.spec import ADDRESSED, CommandSpec, Role, Surface
from bot.features import COMMANDS
from bot.views.text import listed

PAGE: Final = Path(__file__).parents[1] / "docs/commands.md"
HEAD: Final = """\
# Commands

Everything that can be typed. Only you see the answers to `/devin`. What only resembles a command
[asks first](sessions.md#words-and-options), and so does anything that isn't clearly a task.

[Options](sessions.md#words-and-options) can go anywhere in a task: `repo=acme/web playbook=… mode=fast acu=10 tags=a,b
title="Login test"`. One that can't be used holds the start, and you're asked.

`make commands` writes this page from the table of commands; a test fails while it's out of date.
"""
TABLE: Final = "\n| you type | what it does |\n| --- | --- |\n"


def page() -> str:
    """Return the whole page."""
    everyone = [spec for spec in COMMANDS.on(Surface.SLASH) if spec.role is not Role.ADMIN and spec is not START]
    admins = [spec for spec in COMMANDS.on(Surface.SLASH) if spec.role is Role.ADMIN]
    slash_only = [spec for spec in everyone if not any(way.surfaces == ADDRESSED for way in spec.ways)]
    private = [spec for spec in admins if spec.private]
    return "".join(
        [
            HEAD,
            "\n## For everyone\n",
            TABLE,
            "| `/devin fix the flaky login test`, `/devin start …` | starts a session |\n",
            "| `/devin` | opens a form for a new session |\n",
            *(_row(spec, Surface.SLASH) for spec in everyone),
            f"\nAll of these except {_listed(slash_only)} also work without `/devin`, as a DM or after a mention.\n",
            "\n## In a session's thread\n",
            "\nEach as its own message. Everything else there goes to Devin.\n",
            TABLE,
            *(_row(spec, Surface.THREAD) for spec in COMMANDS.on(Surface.THREAD)),
            f"\nBy itself, {_words(stops=True)} also stops Devin.\n",
            f"After {_words(stops=False)} by itself, only you see the answer.\n",
            "\n## For admins\n",
            TABLE,
            *(_row(spec, Surface.SLASH) for spec in admins),
            f"\nThese also work without `/devin`, as a DM or after a mention; {_listed(private)} only as a DM.\n",
        ]
    )


def _listed(specs: Sequence[CommandSpec]) -> str:
    return listed([f"`{spec.ways_on(Surface.SLASH)[0].phrase}`" for spec in specs])


def _words(*, stops: bool) -> str:
    words = [way.phrase for spec in COMMANDS.specs if spec.ends_session is stops for way in spec.ways_on(Surface.ALONE)]
    return listed([f"`{word}`" for word in words], "or")


def _row(spec: CommandSpec, surface: Surface) -> str:
    """Return the row of a command, whose sentence goes without the words to type at its beginning."""
    shown = spec.slash_help if surface is Surface.SLASH else spec.thread_help
    sentence = "shows what you need first; `help all` shows every command, `help budget` those about budgets"
    if spec is HELP and surface is Surface.THREAD:
        sentence = "shows the commands for a session's thread"
    elif shown is not None:
        sentence = re.sub(r"\A`[^`]+`(?: \(or .*?`\))? | \(so do .*\)", "", shown.sentence)
    prefix = "/devin " if surface is Surface.SLASH else ""
    typed = ", ".join(f"`{prefix}{way.shown}`" for way in spec.ways_on(surface)).replace("|", r"\|")
    return f"| {typed} | {sentence} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
