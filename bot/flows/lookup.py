"""Search Devin for what an earlier try may have created there, by the reference that it carries."""

import re
from collections.abc import AsyncIterator
from typing import Final

from bot.devin.answers import Page
from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.models import CreatedSession, DevinSession
from bot.devin.sessions import SessionFilters
from bot.domain.session import Session, bare_id
from bot.flows.exactly_once import Found, LookupResult, Missing
from bot.flows.organisation import Organisation
from bot.flows.services import Services

BOT_TAG: Final = "devin-bridge"
CLOCKS_APART: Final = 300  # seconds by which Devin's clock and ours may differ
# As `PromptBuilder.build` writes it at the end of the prompt. A reference that people quote stands before that one.
_IN_PROMPT: Final = re.compile(r"Reference: (slack-\S+)$", re.MULTILINE)
MOST_REMEMBERED: Final = 2_000


class SessionLookup:
    """Looks up sessions and messages by reference, in the organisation of their session."""

    def __init__(self, services: Services) -> None:
        self._services = services
        # By organisation and Devin's id. What a prompt carries never changes: read once.
        self._prompts: dict[tuple[str, str], list[str]] = {}

    async def ours(self, organisation: Organisation) -> SessionFilters:
        """Return the filter that lists the sessions of this bot in an organisation."""
        if not organisation.tags_refused:
            return {"tags": [BOT_TAG]}
        own_id = await organisation.own_id()
        return {"service_user_ids": [own_id]} if own_id else {}

    async def session(self, session: Session) -> LookupResult[CreatedSession]:
        """Look up the oldest session at Devin with the reference of `session`. Each call lists sessions anew."""
        assert session.reference is not None
        organisation = self._services.organisations.of(session)
        found: list[DevinSession] = []
        unreadable = 0
        async for page in self._candidates(organisation, session):
            found += [made for made in page.items if session.reference in await self.references(organisation, made)]
            unreadable += len(page.unreadable)
        if found:
            return Found(CreatedSession.of(min(found, key=lambda made: (made.created_at, made.session_id))))
        return Missing.UNREADABLE if unreadable else Missing.NOT_FOUND

    async def message(self, session: Session, mark: str, page_cursor: str | None) -> LookupResult[None]:
        """Look up whether a message at Devin begins with `mark`, from the page `page_cursor` of the conversation on."""
        assert session.devin_id is not None
        devin = self._services.organisations.of(session).devin
        unreadable = 0
        async for page in devin.message_pages(session.devin_id, page_cursor):
            if any(message.source == "user" and message.message.startswith(mark) for message in page.items):
                return Found(None)
            unreadable += len(page.unreadable)
        return Missing.UNREADABLE if unreadable else Missing.NOT_FOUND

    def _candidates(self, organisation: Organisation, session: Session) -> AsyncIterator[Page[DevinSession]]:
        since = int(session.created_at) - CLOCKS_APART
        if not organisation.tags_refused:
            return organisation.devin.session_pages(tags=[session.reference or ""], created_after=since)
        return self._recent(organisation, since)

    async def _recent(self, organisation: Organisation, since: int) -> AsyncIterator[Page[DevinSession]]:
        filters: SessionFilters = {**await self.ours(organisation), "created_after": since}
        async for page in organisation.devin.session_pages(**filters):
            yield page

    async def references(self, organisation: Organisation, made: DevinSession) -> list[str]:
        """Return the references that `made` carries: in its tags, or if Devin refuses tags at its prompt's end."""
        carried = self.carried(organisation, made)
        return await self.read_prompt(organisation, made) if carried is None else carried

    def carried(self, organisation: Organisation, made: DevinSession) -> list[str] | None:
        """Return the references that `made` carries, or None if its prompt has to be read for them."""
        if made.parent_session_id is not None:
            return []  # Devin made this session for another one, whose prompt and reference it may repeat
        prefixes = tuple(f"slack-{workspace.team}-" for workspace in self._services.workspaces)
        tags = [tag for tag in made.tags if tag.startswith(prefixes)]
        return tags if tags or not organisation.tags_refused else self._prompts.get(_key(organisation, made))

    async def read_prompt(self, organisation: Organisation, made: DevinSession) -> list[str]:
        """Read the prompt of `made` and return the reference at its end, in a list of one or none.

        Raises DevinUnexpectedAnswer if a message of the first page, which may be the prompt, cannot be read.
        """
        page = await anext(organisation.devin.message_pages(bare_id(made.session_id)))
        if page.unreadable:
            raise DevinUnexpectedAnswer("A message that cannot be read may be the prompt.")
        if not page.items:
            return []  # the session has just begun and has no message yet
        found = _IN_PROMPT.findall(page.items[0].message)[-1:]  # the first message is the prompt
        self._prompts[_key(organisation, made)] = found
        if len(self._prompts) > MOST_REMEMBERED:
            del self._prompts[next(iter(self._prompts))]
        return found


def _key(organisation: Organisation, made: DevinSession) -> tuple[str, str]:
    return organisation.id, bare_id(made.session_id)
