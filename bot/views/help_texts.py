"""The help texts: one for `/devin`, one about what admins can do there, one for a session's thread."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.commands.arguments import ADMIN_TOPIC
from bot.domain.commands.registry import START
from bot.domain.commands.spec import ADDRESSED, CommandSpec, Help, Role, Surface
from bot.domain.settings_values import TurnTaking
from bot.views.message import Message
from bot.views.turn_taking import REACHES, STEERS, in_turns

_OPTIONS: Final = (
    '• Options can go anywhere in the task: `repo=acme/web` `playbook=…` `mode=fast` `acu=10` `tags=a,b` `title="…"`'
)


def slash_help(commands: Sequence[CommandSpec], *, admin: bool = False, turns: TurnTaking = TurnTaking.ALL) -> Message:
    """What everybody can do with these `commands` where `turns` holds; an `admin` reads where the others are listed."""
    everybody = [spec for spec in commands if spec.role is not Role.ADMIN]
    only_slash = ", ".join(
        f"`{way.phrase}`"
        for spec in everybody
        if spec is not START and not any(way.surfaces == ADDRESSED for way in spec.ways)
        for way in spec.ways_on(Surface.SLASH)
    )
    also = "also works as a direct message or after a mention"
    return Message(
        "\n".join(
            [
                "*Devin Bridge* starts Devin sessions from Slack; each session lives in its own thread.",
                *_lines(spec.slash_help for spec in everybody),
                _OPTIONS,
                f"• {STEERS[turns]}; `!help` lists what else works there",
                f"• Without `/devin`, all of this except {only_slash} {also}",
                *([f"• `/devin help {ADMIN_TOPIC}` lists what is for admins"] if admin else []),
            ]
        )
    )


def admin_help(commands: Sequence[CommandSpec]) -> Message:
    """What admins can do besides."""
    private = [f"`{way.phrase}`" for spec in commands if spec.private for way in spec.ways_on(Surface.SLASH)]
    addressed = (
        "• Without `/devin`, all of this also works directly or after a mention "
        f"({', '.join(private[:-1])} and {private[-1]} only directly)"
    )
    helps = _lines(spec.slash_help for spec in commands if spec.role is Role.ADMIN)
    return Message("\n".join(["*For admins of Devin Bridge*", *helps, addressed]))


def thread_help(commands: Sequence[CommandSpec], turns: TurnTaking = TurnTaking.ALL) -> Message:
    """What is for the bot in a session's thread where `turns` holds."""
    head = f"{REACHES[turns]} For Devin Bridge itself, each as the whole message:"
    words = [f"`{way.phrase}`" for spec in commands if not spec.ends_session for way in spec.ways_on(Surface.ALONE)]
    alone = f"• {', '.join(words[:-1])} and {words[-1]} alone are answered to you only"
    lines = [in_turns(line, turns) for line in _lines(spec.thread_help for spec in commands)]
    return Message("\n".join([head, *lines, alone]))


def _lines(helps: Iterable[Help | None]) -> list[str]:
    lines: list[str] = []
    for entry in filter(None, helps):
        if entry.same_line and lines:
            lines[-1] += f" · {entry.sentence}"
        else:
            lines.append(f"• {entry.sentence}")
    return lines
