"""The listeners for slash commands."""

from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.conversation.receive.intake import Intake, command_key
from bot.conversation.receive.new_command import SECRET_NOT_TAKEN, NewCommand
from bot.domain.commands.command_set import CommandSet
from bot.domain.commands.options import parse_request
from bot.domain.commands.parser import Command, parse_task
from bot.domain.commands.registry import HELP, START
from bot.domain.commands.small_talk import small_talk
from bot.domain.form import Form
from bot.domain.redaction import redact
from bot.domain.secrets import has_secret
from bot.domain.text import as_typed, plain
from bot.kernel.commands.table import CommandTable
from bot.kernel.forms.forms import Opening
from bot.kernel.workspace import Workspace
from bot.views.answers import starts as start_sentences
from bot.views.help_texts import slash_help
from bot.views.message import Message
from handlers.modals import Modals

Body = dict[str, Any]


class Commands:
    """Handles `/devin`: stores starts and stops, and answers questions in the ack from our own rows."""

    def __init__(
        self, all_commands: CommandSet, intake: Intake, new_command: NewCommand, table: CommandTable, modals: Modals
    ) -> None:
        self._parser = all_commands.parser
        self._all_help = slash_help()
        self._intake = intake
        self._new_command = new_command
        self._table = table
        self._modals = modals

    async def devin(self, ack: AsyncAck, body: Body, workspace: Workspace) -> None:
        """Answer `/devin`, where the answer is known, with a message in the ack that only the person sees."""
        message = await self._answer(workspace, body.get("text") or "", body)
        if message.text:
            await ack(text=message.text, blocks=message.blocks or None, response_type="ephemeral")
        else:  # a form opens, or a card or an answer follows
            await ack()

    async def unknown(self, ack: AsyncAck) -> None:
        """Answer a command that only the app's settings at Slack know with the help text."""
        await ack(text=self._all_help.text, response_type="ephemeral")

    async def _answer(self, workspace: Workspace, typed: str, body: Body) -> Message:
        if has_secret(as_typed(typed)):
            return await self._without_secret(workspace, redact(typed), body)
        command = self._parser.slash(as_typed(typed))
        if command.spec is START:
            return await self._start(workspace, typed, body)
        return await self._carry_out(workspace, command, body)

    async def _carry_out(self, workspace: Workspace, command: Command, body: Body) -> Message:
        command = replace(command, key=command_key(body))
        answer = await self._table.answer(workspace, body["user_id"], body["channel_id"], command)
        if isinstance(answer, Message):
            return answer
        if isinstance(answer, Form):
            opening = Opening(body["user_id"], answer, body["trigger_id"], body.get("response_url"))
            self._modals.open_soon(workspace, opening)
            return Message("")
        await self._intake.typed(workspace, body, command.spec, answer)
        return answer.message

    async def _without_secret(self, workspace: Workspace, masked: str, body: Body) -> Message:
        """Have a task asked about that had what looks like a secret; of anything else nothing is left without it."""
        doubt = self._parser.start_in_doubt(as_typed(masked), plain(masked)) is not None
        if doubt or has_secret(as_typed(masked)) or self._parser.slash(as_typed(masked)).spec is not START:
            return SECRET_NOT_TAKEN
        request = parse_request(parse_task(plain(masked)))
        return await self._new_command.take(workspace, {**body, "text": masked}, request, with_secret=True)

    async def _help(self, workspace: Workspace, body: Body) -> Message:
        answer = await self._table.answer(workspace, body["user_id"], body["channel_id"], Command(HELP))
        return answer if isinstance(answer, Message) else self._all_help

    async def _start(self, workspace: Workspace, typed: str, body: Body) -> Message:
        text = plain(typed)
        request = parse_request(parse_task(text))
        doubt = self._parser.start_in_doubt(as_typed(typed, body["channel_id"]), text)
        # `budget 100` reads as a limit without a task, but names a command.
        if not request.task and (doubt is None or doubt.guessed):
            return start_sentences.EMPTY_PROMPT
        # Who types `start` before it means a task.
        if (kind := small_talk(text)) is not None:
            return start_sentences.TO_SMALL_TALK.get(kind) or await self._help(workspace, body)
        by_title = self._parser.by_title(as_typed(typed)) or doubt
        if (found := await self._table.named(workspace, by_title, body["user_id"], body["channel_id"])) is not None:
            return found
        if doubt is not None:
            refused = await self._new_command.refusal(workspace, body["user_id"])
            if refused is not None:
                return refused
            doubt, not_theirs = await self._table.offered(workspace, doubt, body["user_id"])
            if doubt.only is not None and not_theirs is None:
                return await self._carry_out(workspace, doubt.only, body)
            return start_sentences.ask_command_or_task(doubt, not_theirs)
        if parse_task(text) == text.strip() and await self._new_command.lacks_tracker(workspace, body, text):
            refused = await self._new_command.refusal(workspace, body["user_id"])
            return refused or start_sentences.ask_about_reference(text)
        return await self._new_command.take(workspace, body, request)
