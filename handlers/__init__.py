"""The routing table: which listener takes which request of Slack's.

A listener parses, stores and acknowledges; nothing here calls Slack or Devin, except that a form is opened right after
the ack. Specific routes stand before the catch-alls, which acknowledge all other requests, because Slack would send
them again otherwise.
"""

import re
from typing import Final

from slack_bolt.async_app import AsyncApp

from bot.domain.commands.command_set import CommandSet
from bot.domain.commands.registry import OPEN_FORM
from bot.features import EVENTS
from handlers.actions import Actions
from handlers.commands import Commands
from handlers.events import Events, RateLimited
from handlers.failures import Failures
from handlers.messages import Messages
from handlers.modals import Modals

ANYTHING: Final = re.compile(r".*")


def register(
    app: AsyncApp,
    all_commands: CommandSet,
    commands: Commands,
    messages: Messages,
    actions: Actions,
    events: Events,
    modals: Modals,
) -> None:
    """Register the listeners with Bolt's `app`, one for every kind of request."""
    app.middleware(RateLimited())

    # Bolt tries them in order, and these two come most often.
    app.command("/devin")(commands.devin)
    app.event("message")(messages.wrote)
    app.event("app_mention")(messages.wrote)
    app.command(ANYTHING)(commands.unknown)

    _register_events(app, events)

    _register_forms(app, all_commands, modals)

    app.block_action(ANYTHING)(actions.pressed)
    app.action(ANYTHING)(actions.ignored)
    app.shortcut(ANYTHING)(actions.ignored)
    app.view(ANYTHING)(actions.ignored)  # submitted ones only
    app.view_closed(ANYTHING)(actions.ignored)

    app.error(Failures(all_commands).failed)


def _register_forms(app: AsyncApp, all_commands: CommandSet, modals: Modals) -> None:
    app.block_action(re.compile(rf"^{OPEN_FORM.action_id}(#|$)"))(modals.pressed)  # a second one has a word behind `#`
    for callback_id in all_commands.shortcuts:
        app.message_shortcut(callback_id)(modals.used_on_message)
    for callback_id in all_commands.global_shortcuts:
        app.global_shortcut(callback_id)(modals.used)
    for command in sorted(all_commands.forms):
        app.view_submission(command)(modals.submitted)
    app.options(ANYTHING)(modals.choices)


def _register_events(app: AsyncApp, events: Events) -> None:
    """Register the listeners for events that are not messages."""
    for name in EVENTS:
        app.event(name)(events.reported)
    app.event("reaction_added")(events.reacted)
    app.event("agent_session_stopped")(events.agent_stopped)
    for changed in ("user_change", "team_join"):
        app.event(changed)(events.person_changed)
    for revoked in ("app_uninstalled", "tokens_revoked"):
        app.event(revoked)(events.revoked)
    app.event(ANYTHING)(events.ignored)
