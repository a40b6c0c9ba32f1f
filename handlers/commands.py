"""Slash commands."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.domain.billing import Period
from bot.domain.grammar import (
    ArchiveCommand,
    Command,
    EmptyCommand,
    HelpCommand,
    ListCommand,
    StartCommand,
    StatusCommand,
    StopCommand,
    UsageCommand,
    VerbName,
    parse_command,
)
from bot.domain.lane import own_lane, thread_lane
from bot.domain.session import Session
from bot.domain.text import plain
from bot.flows.intake import Intake
from bot.flows.ledger import Ledger
from bot.flows.overview import Overview
from bot.views import answers
from bot.views.message import Message

Body = dict[str, Any]


class Commands:
    """`/devin …`: starts and stops are stored, questions are answered from our rows in the ack."""

    def __init__(self, intake: Intake, overview: Overview, ledger: Ledger, admins: frozenset[str]) -> None:
        self._intake = intake
        self._overview = overview
        self._ledger = ledger
        self._admins = admins

    async def devin(self, ack: AsyncAck, body: Body) -> None:
        """Answer privately and at once."""
        message = await self._answer(parse_command(plain(body.get("text") or "")), body)
        await ack(text=message.text, blocks=message.blocks or None, response_type="ephemeral")

    async def unknown(self, ack: AsyncAck) -> None:
        """A command that the app's settings name and this version does not know."""
        await ack(text=answers.SLASH_HELP.text, response_type="ephemeral")

    async def _answer(self, command: Command, body: Body) -> Message:
        if isinstance(command, StartCommand):
            return await self._start(command, body)
        if isinstance(command, StatusCommand | StopCommand | ArchiveCommand):
            return await self._named(command, body)
        if isinstance(command, UsageCommand):
            return await self._usage(command.period, body["user_id"])
        if isinstance(command, ListCommand):
            return await self._overview.listing(body["user_id"])
        assert isinstance(command, HelpCommand | EmptyCommand)
        return answers.SLASH_HELP

    async def _start(self, command: StartCommand, body: Body) -> Message:
        if not command.request.prompt:
            return answers.EMPTY_PROMPT
        await self._intake.command(body, "command")
        return answers.received(command.request.prompt)

    async def _named(self, command: StatusCommand | StopCommand | ArchiveCommand, body: Body) -> Message:
        verb = {StatusCommand: "status", StopCommand: "stop", ArchiveCommand: "archive"}[type(command)]
        picked = await self._overview.pick(body["user_id"], body["channel_id"], command, verb)
        if isinstance(picked, Message):
            return picked
        if isinstance(command, StatusCommand):
            return await self._overview.status(picked)
        await self._intake.command(body, "control", _lane_of(picked), verb=VerbName(verb), session_id=picked.id)
        return answers.STOPPING

    async def _usage(self, period: Period, user: str) -> Message:
        if user not in self._admins:
            return answers.usage_refused(sorted(self._admins))
        return await self._ledger.usage(period)


def _lane_of(session: Session) -> str:
    if session.thread_ts is None:
        return own_lane(session.id)
    return thread_lane(session.team, session.channel, session.thread_ts)
