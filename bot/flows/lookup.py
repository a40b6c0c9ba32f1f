"""Search Devin for what an earlier try may have created there, by the reference that it carries."""

import re
from collections.abc import AsyncIterator
from typing import Final

from bot.devin.answers import Page
from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.models import CreatedSession, DevinSession
from bot.devin.sessions import SessionFilters
from bot.domain.session import Session, bare_id
from bot.flows.exactly_once import Found, LookUp, Missing
from bot.flows.services import Services
from bot.store import due

BOT_TAG: Final = "devin-bridge"
_DEVIN: Final = "devin"  # names the row of `due` that says whether the organisation refuses tags
CLOCKS_APART: Final = 300  # seconds by which Devin's clock and ours may differ
# As `PromptBuilder.build` writes it at the end of the prompt. A reference that people quote stands before that one.
_IN_PROMPT: Final = re.compile(r"Reference: (slack-\S+)$", re.MULTILINE)
MOST_REMEMBERED: Final = 2_000


class SessionLookup:
    """Looks up sessions and messages by reference, and knows whether the organisation refuses the bot's tags."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.tags_refused = False
        self._own_id: str | None = None
        self._prompts: dict[str, list[str]] = {}  # the references in prompts by session; prompts never change

    async def learn(self) -> None:
        """Read from the store whether the organisation refuses tags."""
        async with self._services.db.read() as tx:
            known = await due.read(tx, _DEVIN)
        self.tags_refused = known is not None and bool(known.state.get("tags_refused"))

    async def tags_are_refused(self) -> None:
        """Store that the organisation refuses tags: from now on sessions carry their reference in the prompt only."""
        self.tags_refused = True
        async with self._services.db.write() as tx:
            await due.write(tx, _DEVIN, 0.0, {"v": 1, "tags_refused": True})

    async def ours(self) -> SessionFilters:
        """Return the filter that lists the sessions of this bot."""
        if not self.tags_refused:
            return {"tags": [BOT_TAG]}
        if self._own_id is None:
            self._own_id = (await self._services.devin.self_()).id
        return {"service_user_ids": [self._own_id]} if self._own_id else {}

    async def session(self, session: Session) -> LookUp[CreatedSession]:
        """Look up the oldest session at Devin with the reference of `session`. Each call lists sessions anew."""
        assert session.reference is not None
        found: list[DevinSession] = []
        unreadable = 0
        async for page in self._candidates(session):
            found += [made for made in page.items if session.reference in await self.references(made)]
            unreadable += len(page.unreadable)
        if found:
            return Found(CreatedSession.of(min(found, key=lambda made: (made.created_at, made.session_id))))
        return Missing.UNREADABLE if unreadable else Missing.NOT_FOUND

    async def message(self, session: Session, mark: str, page_cursor: str | None) -> LookUp[None]:
        """Look up whether a message at Devin begins with `mark`, from the page `page_cursor` of the conversation on."""
        assert session.devin_id is not None
        unreadable = 0
        async for page in self._services.devin.message_pages(session.devin_id, page_cursor):
            if any(message.source == "user" and message.message.startswith(mark) for message in page.items):
                return Found(None)
            unreadable += len(page.unreadable)
        return Missing.UNREADABLE if unreadable else Missing.NOT_FOUND

    def _candidates(self, session: Session) -> AsyncIterator[Page[DevinSession]]:
        since = int(session.created_at) - CLOCKS_APART
        if not self.tags_refused:
            return self._services.devin.session_pages(tags=[session.reference or ""], created_after=since)
        return self._recent(since)

    async def _recent(self, since: int) -> AsyncIterator[Page[DevinSession]]:
        filters: SessionFilters = {**await self.ours(), "created_after": since}
        async for page in self._services.devin.session_pages(**filters):
            yield page

    async def references(self, made: DevinSession) -> list[str]:
        """Return the references that `made` carries: in its tags, or if Devin refuses tags at its prompt's end."""
        carried = self.carried(made)
        return await self.read_prompt(made) if carried is None else carried

    def carried(self, made: DevinSession) -> list[str] | None:
        """Return the references that `made` carries, or None if its prompt has to be read for them."""
        if made.parent_session_id is not None:
            return []  # Devin made this session for another one, whose prompt and reference it may repeat
        tags = [tag for tag in made.tags if tag.startswith(f"slack-{self._services.workspace.team}-")]
        return tags if tags or not self.tags_refused else self._prompts.get(bare_id(made.session_id))

    async def read_prompt(self, made: DevinSession) -> list[str]:
        """Read the prompt of `made` and return the reference at its end, in a list of one or none.

        Raises DevinUnexpectedAnswer if a message of the first page, which may be the prompt, cannot be read.
        """
        bare = bare_id(made.session_id)
        page = await anext(self._services.devin.message_pages(bare))
        if page.unreadable:
            raise DevinUnexpectedAnswer("A message that cannot be read may be the prompt.")
        if not page.items:
            return []  # the session has just begun and has no message yet
        self._prompts[bare] = _IN_PROMPT.findall(page.items[0].message)[-1:]  # the first message is the prompt
        if len(self._prompts) > MOST_REMEMBERED:
            del self._prompts[next(iter(self._prompts))]
        return self._prompts[bare]
