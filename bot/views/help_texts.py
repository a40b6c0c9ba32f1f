"""The help texts: one for `/devin`, one about what admins can do there, one for a session's thread."""

from collections.abc import Iterable
from typing import Final

from bot.domain.commands.arguments import ADMIN_TOPIC
from bot.domain.commands.registry import COMMANDS, START
from bot.domain.commands.spec import ADDRESSED, Help, Role, Surface
from bot.views.message import Message

_OF_EVERYBODY: Final = tuple(spec for spec in COMMANDS if spec.role is not Role.ADMIN)
_OF_ADMINS: Final = tuple(spec for spec in COMMANDS if spec.role is Role.ADMIN)


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
_ONLY_SLASH: Final = ", ".join(
    f"`{form.phrase}`"
    for spec in _OF_EVERYBODY
    if spec is not START and not any(form.surfaces == ADDRESSED for form in spec.forms)
    for form in spec.forms_on(Surface.SLASH)
)
_PRIVATE: Final = [f"`{form.phrase}`" for spec in COMMANDS if spec.private for form in spec.forms_on(Surface.SLASH)]
_ADMINS_ADDRESSED: Final = (
    "• Without `/devin`, all of this also works as a direct message or after a mention "
    f"({', '.join(_PRIVATE[:-1])} and {_PRIVATE[-1]} only as a direct message)"
)
SLASH_HELP: Final = Message(
    "\n".join(
        [
            "*Devin Bridge* starts Devin sessions from Slack; each session lives in its own thread.",
            *_lines(spec.slash_help for spec in _OF_EVERYBODY),
            _OPTIONS,
            "• In a session's thread, reply to steer Devin; `!help` lists what else works there",
            f"• Without `/devin`, all of this except {_ONLY_SLASH} also works as a direct message or after a mention",
            f"• `/devin help {ADMIN_TOPIC}` lists what is for admins",
        ]
    )
)
ADMIN_HELP: Final = Message(
    "\n".join(
        [
            "*For admins of Devin Bridge*",
            *_lines(spec.slash_help for spec in _OF_ADMINS),
            _ADMINS_ADDRESSED,
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
