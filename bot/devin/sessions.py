"""Sessions: starting, listing, ending them, and their tags.

https://docs.devin.ai/api-reference/v3/sessions/organizations-sessions
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypedDict, TypeVar, Unpack

from pydantic import BaseModel

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.api import Api, given
from bot.devin.models import DevinSession, InsightsBegun, SessionInsights, Tags

_Model = TypeVar("_Model", bound=BaseModel)


class SessionOptions(TypedDict, total=False):
    """What may be asked for besides the prompt. None is the same as not given."""

    title: str | None
    tags: Sequence[str] | None
    repos: Sequence[str] | None  # owner/name
    playbook_id: str | None
    devin_mode: str | None
    max_acu_limit: int | None
    attachment_urls: Sequence[str] | None
    create_as_user_id: str | None
    child_playbook_id: str | None
    knowledge_ids: Sequence[str] | None
    secret_ids: Sequence[str] | None
    session_links: Sequence[str] | None
    bypass_approval: bool | None
    platform: str | None
    structured_output_schema: Mapping[str, Any] | None
    structured_output_required: bool | None


class SessionFilters(TypedDict, total=False):
    """What narrows a list of sessions. There is no filter for the status. None is the same as not given.

    Devin ignores filters that it does not know, so check again what comes back.
    """

    session_ids: Sequence[str] | None
    created_after: int | None
    created_before: int | None
    updated_after: int | None
    updated_before: int | None
    tags: Sequence[str] | None
    origins: Sequence[str] | None
    playbook_id: str | None
    schedule_id: str | None
    parent_session_id: str | None
    automation_ids: Sequence[str] | None
    user_ids: Sequence[str] | None
    service_user_ids: Sequence[str] | None
    repo_names: Sequence[str] | None
    category: str | None
    is_archived: bool | None


class SessionsApi(Api):
    """The sessions of one organisation."""

    async def create_session(self, prompt: str, **options: Unpack[SessionOptions]) -> DevinSession:
        """Start a session. After a DevinUncertain search for its tag first, because a second session costs money too.

        After any 2xx the session exists. Raises DevinCreatedUnreadable if not even its id can be read.
        """
        values = {"prompt": prompt, **options}
        return await self._create(self._org("sessions"), DevinSession, values, "session_id")

    async def get_session(self, devin_id: str) -> DevinSession:
        """Read one session. A row of the list has every field of this answer."""
        return await self._of_session("GET", devin_id, "", DevinSession)

    def sessions(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[DevinSession]:
        """List all sessions that fit, newest first, without those that cannot be read."""
        return paging.items(self.session_pages(**filters))

    def session_pages(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[Page[DevinSession]]:
        """List all sessions that fit in pages, newest first; each page has the rows that could not be read."""
        return self._filtered(self._org("sessions"), Page[DevinSession], filters)

    def session_insights(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[SessionInsights]:
        """List sessions with their message counts. It costs Devin more than the plain list: ask it less often."""
        return paging.items(self.session_insight_pages(**filters))

    def session_insight_pages(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[Page[SessionInsights]]:
        """List sessions with their message counts in pages."""
        return self._filtered(self._org("sessions", "insights"), Page[SessionInsights], filters)

    async def get_insights(self, devin_id: str) -> SessionInsights:
        """Read one session with its message counts and Devin's analysis of it, if there is one."""
        return await self._of_session("GET", devin_id, "/insights", SessionInsights)

    async def generate_insights(self, devin_id: str) -> InsightsBegun:
        """Have Devin analyse a session. The call may be repeated: where there is an analysis, that stays."""
        return await self._of_session("POST", devin_id, "/insights/generate", InsightsBegun)

    async def terminate(self, devin_id: str, *, archive: bool = False) -> DevinSession:
        """End a session for good; it cannot be resumed."""
        return await self._of_session("DELETE", devin_id, "", DevinSession, params={"archive": archive})

    async def archive(self, devin_id: str) -> DevinSession:
        """Archive a session: it sleeps and is hidden in lists, and nothing is lost."""
        return await self._of_session("POST", devin_id, "/archive", DevinSession)

    async def unarchive(self, devin_id: str) -> DevinSession:
        """Take a session out of the archive, so that lists show it again."""
        return await self._of_session("POST", devin_id, "/unarchive", DevinSession)

    async def tags(self, devin_id: str) -> tuple[str, ...]:
        """Read the tags of a session."""
        return (await self._of_session("GET", devin_id, "/tags", Tags)).tags

    async def append_tags(self, devin_id: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Add tags (at most 50) to those of a session, each once. Returns all of them."""
        return (await self._of_session("POST", devin_id, "/tags", Tags, json={"tags": list(tags)})).tags

    async def replace_tags(self, devin_id: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Give a session these tags (at most 50) instead of those it has. Returns them."""
        return (await self._of_session("PUT", devin_id, "/tags", Tags, json={"tags": list(tags)})).tags

    def _filtered(self, path: str, model: type[Page[_Model]], filters: SessionFilters) -> AsyncIterator[Page[_Model]]:
        return _joined([self._pages(path, model, part) for part in _parts(filters)])


def _parts(filters: SessionFilters) -> list[Mapping[str, Any]]:
    """Return the parameters of each call that asks for `filters`: no call for an empty list, several for many ids."""
    wanted = given(filters)
    if any(value == [] for value in wanted.values()):
        return []  # an empty list does not appear in an address, so the call would ask for everything
    if "session_ids" not in wanted:
        return [wanted]
    return [{**wanted, "session_ids": part} for part in paging.portions(wanted["session_ids"])]


async def _joined(lists: Sequence[AsyncIterator[Page[_Model]]]) -> AsyncIterator[Page[_Model]]:
    for pages in lists:
        async for page in pages:
            yield page
