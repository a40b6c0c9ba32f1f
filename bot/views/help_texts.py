"""The two help texts: one for `/devin`, one for a session's thread."""

from collections.abc import Iterable
from typing import Final

from bot.domain.commands.registry import COMMANDS
from bot.domain.commands.spec import Help, Role
from bot.views.message import Message


def _lines(helps: Iterable[Help | None]) -> list[str]:
    lines: list[str] = []
    for entry in filter(None, helps):
        if entry.same_line and lines:
            lines[-1] += f" · {entry.sentence}"
        else:
            lines.append(f"• {entry.sentence}")
    return lines


_OPTIONS: Final = (
    '• Options can go anywhere in the task: `repo=acme/web` `playbook=…` `mode=fast` `acu=10` `tags=a,b` `title="…"`'
)
_ADDRESSED: Final = (
    "• Without `/devin`, all of this except `archive` also works as a direct message or after a mention "
    "(`audit` and `fanout` only as a direct message)"
)
SLASH_HELP: Final = Message(
    "\n".join(
        [
            "*Devin Bridge* starts Devin sessions from Slack; each session lives in its own thread.",
            *_lines(spec.slash_help for spec in COMMANDS if spec.role is not Role.ADMIN),
            _OPTIONS,
            "• In a session's thread, reply to steer Devin; `!help` lists what else works there",
            _ADDRESSED,
            "\n*For admins*",
            *_lines(spec.slash_help for spec in COMMANDS if spec.role is Role.ADMIN),
        ]
    )
)
THREAD_HELP: Final = Message(
    "\n".join(
        [
            "Every reply in this thread goes to Devin, except these, each as the whole message:",
            *_lines(spec.thread_help for spec in COMMANDS),
        ]
    )
)
