"""The help texts: a short one for `/devin` and one for admins, all commands, and those of a session's thread."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.commands.arguments import ADMIN_TOPIC, ALL_TOPICS
from bot.domain.commands.registry import HELP, LAUNCH, LIST, OPEN_FORM, START
from bot.domain.commands.spec import ADDRESSED, CommandSpec, Help, Role, Surface
from bot.domain.settings_values import TurnTaking
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.questions import choice
from bot.views.text import listed
from bot.views.turn_taking import REACHES, STEERS, in_turns

_OPTIONS: Final = (
    '• Options can go anywhere in the task: `repo=acme/web` `playbook=…` `mode=fast` `acu=10` `tags=a,b` `title="…"`'
)

_NO_MARKS: Final = str.maketrans("", "", "*`")  # a text beside blocks is for notifications


def slash_help(*, admin: bool = False, turns: TurnTaking = TurnTaking.ALL) -> Message:
    """Return what a newcomer needs first, where `turns` applies, with buttons for the next step."""
    text = "\n".join(
        [
            "*Devin Bridge* starts Devin sessions from Slack. Each session has its own thread.",
            "• `/devin fix the flaky login test` or `@Devin Bridge fix …` starts a session",
            "• `/devin` by itself opens a form with repository, playbook, and ACU limit",
            f"• {STEERS[turns]}; `!help` there shows what else you can do",
            "• `/devin list` shows your sessions; `/devin stop 2` stops the second one",
            "• `/devin cost` shows what your sessions used in this billing cycle",
            "• `/devin settings` sets your defaults and reminders",
            *([f"• `/devin help {ADMIN_TOPIC}` shows what admins can do"] if admin else []),
        ]
    )
    return _with_buttons(
        text,
        blocks.button("Start a session", OPEN_FORM.action_id, LAUNCH.name, "primary"),
        choice("My sessions", LIST, ""),
        blocks.button("Settings", f"{OPEN_FORM.action_id}#2", "settings mine"),
    )


def admin_help(commands: Sequence[CommandSpec]) -> Message:
    """Return what an admin needs first, with buttons for the next step."""
    text = (
        "*For admins of Devin Bridge*\n"
        "• `/devin usage` shows spending, for example `usage last month by team` or `usage week csv`\n"
        "• `/devin report` shows results: pull requests, merge rate, ACUs per merged one\n"
        "• `/devin digest add #web` posts spending and results to a channel every day\n"
        "• `/devin budget set #web 20 a week` sets a budget; `budget list` shows all of them\n"
        "• `/devin role add stop #web @ann` sets who can start, steer, stop, or see costs\n"
        "• `/devin settings channel` sets a channel's defaults, and which repositories and playbooks it allows\n"
        "• `/devin list all` shows everyone's sessions; `/devin stop all` stops them, `/devin pause` blocks new ones"
    )
    shown = {"Usage": "usage", "Report": "report", "Budgets": "budget_list"}
    named = {spec.name: spec for spec in commands}
    return _with_buttons(text, *(choice(label, named[name], "") for label, name in shown.items()))


def _with_buttons(text: str, *buttons: Block) -> Message:
    return Message(
        text.translate(_NO_MARKS).replace("\n• ", " · "),
        [blocks.section(text), *blocks.actions(*buttons, choice("All commands", HELP, ALL_TOPICS))],
    )


def all_help(
    commands: Sequence[CommandSpec], topic: str, *, admin: bool = False, turns: TurnTaking = TurnTaking.ALL
) -> Message | None:
    """Return all that can be typed after `/devin`, or what begins with the word `topic`; None if nothing does.

    The commands for admins are left out unless `admin` is set.
    """
    can = [spec for spec in commands if admin or spec.role is not Role.ADMIN]
    if topic != ALL_TOPICS:
        lines = help_lines(
            spec.slash_help
            for spec in can
            if any(topic == way.phrase.split()[0] for way in spec.ways_on(Surface.SLASH))
        )
        return Message("\n".join(lines)) if lines else None
    only_slash = [
        f"`{way.phrase}`"
        for spec in can
        if spec not in {START, HELP} and not any(way.surfaces == ADDRESSED for way in spec.ways)
        for way in spec.ways_on(Surface.SLASH)
    ]
    private = [f"`{way.phrase}`" for spec in can if spec.private for way in spec.ways_on(Surface.SLASH)]
    only_direct = f" ({listed(private)} only as a DM)" if private else ""
    return Message(
        "\n".join(
            [
                *help_lines(spec.slash_help for spec in can if spec.role is not Role.ADMIN),
                _OPTIONS,
                f"• {STEERS[turns]}; `!help` there shows what else you can do",
                *(["*For admins*"] if admin else []),
                *help_lines(spec.slash_help for spec in can if spec.role is Role.ADMIN),
                f"• All but {listed(only_slash)} also work without `/devin`, as a DM or after a mention{only_direct}",
            ]
        )
    )


def thread_help(commands: Sequence[CommandSpec], turns: TurnTaking = TurnTaking.ALL) -> Message:
    """What is for the bot in a session's thread where `turns` holds."""
    head = f"{REACHES[turns]} Commands in this thread (send each as its own message):"
    words = [f"`{way.phrase}`" for spec in commands if not spec.ends_session for way in spec.ways_on(Surface.ALONE)]
    alone = f"• {listed(words, 'or')} by itself: only you see the answer"
    lines = [in_turns(line, turns) for line in help_lines(spec.thread_help for spec in commands)]
    return Message("\n".join([head, *lines, alone]))


def help_lines(helps: Iterable[Help | None]) -> list[str]:
    """The sentences of help texts in lines."""
    lines: list[str] = []
    for entry in filter(None, helps):
        if entry.same_line and lines:
            lines[-1] += f" · {entry.sentence}"
        else:
            lines.append(f"• {entry.sentence}")
    return lines
