"""Search Devin for what an earlier try may have created there, by the reference that it carries."""

import re
from collections.abc import AsyncIterator
from math import inf
from typing import Final

from bot.conversation.session_tags import BOT_TAG
from bot.devin.answers import Page
from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.messages import oldest_first
from bot.devin.models import DevinMessage, DevinSession
from bot.devin.sessions import SessionFilters
from bot.domain.session import Session, bare_id
from bot.kernel.exactly_once.creation import Found, LookupResult, Missing
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.logs import get_logger

log = get_logger(__name__)

CLOCKS_APART: Final = 300  # seconds by which Devin's clock and ours may differ
DEVIN_BEGAN: Final = 1_700_000_000  # in 2023: an earlier time of a session is none
# As `PromptBuilder.build` writes it at the end of the prompt. A reference that people quote stands before that one.
_IN_PROMPT: Final = re.compile(r"Reference: (slack-\S+)$", re.MULTILINE)
_IN_MESSAGE: Final = re.compile(r"\[Slack \d+\.\d+(, edited \d+\.\d+)?\] ")  # as a forwarded message begins
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

    async def session(self, session: Session) -> LookupResult[DevinSession]:
        """Look up the oldest session at Devin that was made for `session`. Each call lists sessions anew."""
        assert session.reference is not None
        organisation = self._services.organisations.of(session)
        return await self.oldest(organisation, session.reference, session.created_at, session.devin_user)

    async def oldest(
        self, organisation: Organisation, reference: str, recorded_at: float, devin_user: str | None = None
    ) -> LookupResult[DevinSession]:
        """Look up the oldest session that was made for what we recorded at `recorded_at` with this `reference`.

        `devin_user` is the one in whose name Devin was asked for it, if not the bot's own.
        """
        found, all_readable = await self.all_made(organisation, reference, recorded_at, devin_user)
        if found:
            return Found(found[0])
        return Missing.NOT_FOUND if all_readable else Missing.UNREADABLE

    async def all_made(
        self, organisation: Organisation, reference: str, recorded_at: float, devin_user: str | None = None
    ) -> tuple[list[DevinSession], bool]:
        """Return all sessions that were made for such a record, oldest first, and whether each row could be read."""
        found: list[DevinSession] = []
        unreadable = 0
        async for page in self._candidates(organisation, reference, self._not_before(recorded_at)):
            found += [
                made
                for made in page.items
                if reference in await self.references(organisation, made)
                and await self._is_ours(organisation, reference, recorded_at, made, devin_user)
            ]
            unreadable += len(page.unreadable)
        return sorted(found, key=age), not unreadable

    async def _is_ours(
        self,
        organisation: Organisation,
        reference: str,
        recorded_at: float,
        made: DevinSession,
        devin_user: str | None,
    ) -> bool:
        ours = await self._may_be_ours(organisation, recorded_at, made, devin_user)
        if not ours:
            log.warning("reference used by an unknown session", reference=reference, devin_id=made.session_id)
        return ours

    async def may_be_for(self, session: Session, made: DevinSession) -> bool:
        """Whether `made`, which carries the reference of `session`, may be what this bot created for `session`.

        Anybody at Devin can copy a tag or a prompt. So `made` must have no other maker than the bot, or the person in
        whose name it asked, and not be older than the request for `session`. Where Devin names no maker or no time,
        that speaks for `made`: an outcome that cannot be looked up would end in a second session.
        """
        organisation = self._services.organisations.of(session)
        return await self._may_be_ours(organisation, session.created_at, made, session.devin_user)

    async def _may_be_ours(
        self, organisation: Organisation, recorded_at: float, made: DevinSession, devin_user: str | None
    ) -> bool:
        if DEVIN_BEGAN < made.created_at < self._not_before(recorded_at):
            return False
        return await organisation.may_have_made(made, devin_user)

    async def message(self, session: Session, mark: str, page_cursor: str | None) -> LookupResult[None]:
        """Look up whether a message at Devin begins with `mark`, from the page `page_cursor` of the conversation on.

        Where it is not found there, all of the conversation is read before that counts: the order of the pages is not
        promised, so the message may stand before `page_cursor`.
        """
        seen = await self._message_from(session, mark, page_cursor)
        if seen is not Missing.NOT_FOUND or page_cursor is None:
            return seen
        return await self._message_from(session, mark, None)

    async def _message_from(self, session: Session, mark: str, page_cursor: str | None) -> LookupResult[None]:
        assert session.devin_id is not None
        devin = self._services.organisations.of(session).devin
        unreadable = False
        async for page in devin.message_pages(session.devin_id, page_cursor):
            others = [message for message in page.items if message.by_devin is not True]
            if any(message.message.startswith(mark) for message in others):
                return Found(None)
            unreadable |= bool(page.unreadable) or not all(message.has("message") for message in others)
        return Missing.UNREADABLE if unreadable else Missing.NOT_FOUND

    def _not_before(self, recorded_at: float) -> int:
        """The earliest time by Devin's clock at which what was recorded at `recorded_at` can have been created."""
        # Our record is older than the intent of each try, and stays when a later try has an intent of its own; on a
        # restored store it may be of a start that was made before.
        earliest = self._services.restoration.earliest(recorded_at) - self._services.setup.ahead_of("Devin")
        return int(earliest) - CLOCKS_APART

    def _candidates(self, organisation: Organisation, reference: str, since: int) -> AsyncIterator[Page[DevinSession]]:
        if not organisation.tags_refused:
            return organisation.devin.session_pages(tags=[reference], created_after=since)
        return self._recent(organisation, since)

    async def _recent(self, organisation: Organisation, since: int) -> AsyncIterator[Page[DevinSession]]:
        filters: SessionFilters = {**await self.ours(organisation), "created_after": since}
        async for page in organisation.devin.session_pages(**filters):
            yield page

    async def references(self, organisation: Organisation, made: DevinSession) -> list[str]:
        """Return the references that `made` carries: in its tags, or at its prompt's end if the tags do not say."""
        carried = self.carried(organisation, made)
        return await self.read_prompt(organisation, made) if carried is None else carried

    def carried(self, organisation: Organisation, made: DevinSession) -> list[str] | None:
        """Return the references that `made` carries, or None if its prompt has to be read for them."""
        if made.parent_session_id:
            return []  # Devin made this session for another one, whose prompt and reference it may repeat
        prefixes = tuple(f"slack-{workspace.team}-" for workspace in self._services.workspaces)
        tags = [tag for tag in made.tags if tag.startswith(prefixes)]
        if tags or (made.has("tags") and not organisation.tags_refused):
            return tags
        return self._prompts.get(_key(organisation, made))

    async def prompt_of(self, organisation: Organisation, made: DevinSession) -> str | None:
        """Read the prompt of `made`, the first message of a person that is no reply; None if there is no message yet.

        Raises DevinUnexpectedAnswer if a message that may be the prompt cannot be read.
        """
        messages = await _beginning(organisation, made)
        asked = (
            message.message
            for message in messages
            if message.by_devin is not True and not _IN_MESSAGE.match(message.message)
        )
        return next(asked, "") if messages else None

    async def read_prompt(self, organisation: Organisation, made: DevinSession) -> list[str]:
        """Read the prompt of `made` and return the reference at its end, in a list of one or none.

        Raises DevinUnexpectedAnswer if a message that may be the prompt cannot be read.
        """
        prompt = await self.prompt_of(organisation, made)
        if prompt is None:
            return []  # the session has just begun and has no message yet
        found = _IN_PROMPT.findall(prompt)[-1:]
        self._prompts[_key(organisation, made)] = found
        if len(self._prompts) > MOST_REMEMBERED:
            del self._prompts[next(iter(self._prompts))]
        return found


def is_from_slack(text: str) -> bool:
    """Whether a message at Devin was written by this bot: the prompt of a session, or a reply that was forwarded."""
    return bool(_IN_MESSAGE.match(text) or _IN_PROMPT.search(text))


def age(made: DevinSession) -> tuple[float, str]:
    """Return the key by which sessions are sorted, oldest first; one whose age is not known comes last."""
    return made.created_at or inf, made.session_id


async def _beginning(organisation: Organisation, made: DevinSession) -> list[DevinMessage]:
    """Return the first messages of a session, oldest first: one page, or all of them if the newest come first."""
    read: list[DevinMessage] = []
    async for page in organisation.devin.message_pages(bare_id(made.session_id)):
        read += page.items
        if page.unreadable or not all(message.has("message") for message in page.items[:1]):
            raise DevinUnexpectedAnswer("A message that cannot be read may be the prompt.")
        if oldest_first(read) == read:
            break
    return oldest_first(read)


def _key(organisation: Organisation, made: DevinSession) -> tuple[str, str]:
    return organisation.id, bare_id(made.session_id)
