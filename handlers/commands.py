"""The listeners for slash commands."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.domain.billing import Period
from bot.domain.commands.options import parse_request
from bot.domain.commands.parser import Command, parse_slash
from bot.domain.commands.registry import ARCHIVE, HELP, LIST, START, STATUS, STOP, USAGE
from bot.domain.lane import own_lane, thread_lane
from bot.domain.session import Session
from bot.domain.text import plain
from bot.flows.access import Access
from bot.flows.money.usage_ledger import UsageLedger
from bot.flows.receive.intake import Intake
from bot.flows.steer.session_list import SessionList
from bot.flows.workspace import Workspace
from bot.views import answers
from bot.views.help_texts import SLASH_HELP
from bot.views.message import Message

Body = dict[str, Any]
Answer = Callable[[Workspace, Command, Body], Awaitable[Message]]


class Commands:
    """Handles `/devin`: stores starts and stops, and answers questions in the ack from our own rows."""

    def __init__(self, intake: Intake, session_list: SessionList, usage_ledger: UsageLedger, access: Access) -> None:
        self._intake = intake
        self._session_list = session_list
        self._usage_ledger = usage_ledger
        self._access = access
        self._answers: dict[str, Answer] = {
            START.name: self._start,
            LIST.name: self._list,
            STATUS.name: self._status,
            STOP.name: self._stop,
            ARCHIVE.name: self._stop,
            USAGE.name: self._usage,
            HELP.name: self._help,
        }

    async def devin(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Answer `/devin` with a message in the ack that only the person sees."""
        message = await self._answer(workspace, parse_slash(plain(body.get("text") or "")), body)
        await ack(text=message.text, blocks=message.blocks or None, response_type="ephemeral")

    async def unknown(self, ack: AsyncAck) -> None:
        """Answer a command that only the app's settings at Slack know with the help text."""
        await ack(text=SLASH_HELP.text, response_type="ephemeral")

    async def _answer(self, workspace: Workspace, command: Command, body: Body) -> Message:
        refusal = self._access.role_refusal(workspace, command.spec, body["user_id"])
        if refusal is not None:
            return refusal
        return await self._answers[command.spec.name](workspace, command, body)

    async def _start(self, workspace: Workspace, command: Command, body: Body) -> Message:
        request = parse_request(command.argument)
        if not request.prompt:
            return answers.EMPTY_PROMPT
        await self._intake.command(workspace, body)
        return answers.received(request.prompt)

    async def _list(self, workspace: Workspace, _command: Command, body: Body) -> Message:
        return await self._session_list.listing(workspace, body["user_id"])

    async def _status(self, workspace: Workspace, command: Command, body: Body) -> Message:
        picked = await self._session_list.pick(workspace, body["user_id"], body["channel_id"], command)
        return picked if isinstance(picked, Message) else await self._session_list.status(workspace, picked)

    async def _stop(self, workspace: Workspace, command: Command, body: Body) -> Message:
        picked = await self._session_list.pick(workspace, body["user_id"], body["channel_id"], command)
        if isinstance(picked, Message):
            return picked
        await self._intake.session_command(workspace, body, _lane_of(picked), command.spec.name, picked.id)
        return answers.STOPPING

    async def _usage(self, workspace: Workspace, command: Command, _body: Body) -> Message:
        return await self._usage_ledger.usage(workspace, Period(command.argument))

    async def _help(self, _workspace: Workspace, _command: Command, _body: Body) -> Message:
        return SLASH_HELP


def _lane_of(session: Session) -> str:
    if session.thread_ts is None:
        return own_lane(session.id)
    return thread_lane(session.team, session.channel, session.thread_ts)
