"""The Devin API, version 3, in the words of its pages: https://docs.devin.ai/api-reference/v3/overview.

Lists come as async iterators that read page after page. Nothing that changes something is repeated here:
Devin has no idempotency key, so a caller looks first (`bot.devin.errors` says when).
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from copy import copy
from typing import Any, Final, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from bot.devin import paging
from bot.devin.errors import DevinNotFound, DevinUnexpectedAnswer
from bot.devin.models import (
    Attachment,
    AuditEntry,
    Consumption,
    Cycle,
    DevinMessage,
    DevinSession,
    Member,
    Note,
    Organization,
    Page,
    Playbook,
    Principal,
    SessionAttachment,
    SessionAttachments,
    SessionInsights,
    Tags,
)
from bot.devin.retry import PATIENCE, Patience
from bot.devin.transport import Call, Transport

DEVIN_API_URL: Final = "https://api.devin.ai"
_PREFIX: Final = "devin-"

_Model = TypeVar("_Model", bound=BaseModel)


class SessionOptions(TypedDict, total=False):
    """What may be asked for beside the prompt. None is the same as not given."""

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
    """What narrows a list of sessions; there is none for the status. None is the same as not given.

    Devin ignores what it does not know, so filter once more what comes back.
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


class Devin:
    """One organisation at Devin, asked with one API key over an HTTP client that the caller opened and closes."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        api_key: str,
        org_id: str,
        base_url: str = DEVIN_API_URL,
        *,
        patience: Patience = PATIENCE,
    ) -> None:
        self._transport = Transport(http, api_key, base_url, patience)
        self._patience = patience
        self.org_id = org_id

    def __repr__(self) -> str:
        return f"Devin(org_id={self.org_id!r})"

    def within(self, org_id: str) -> "Devin":
        """The same key and connections, for another organisation of the enterprise."""
        other = copy(self)
        other.org_id = org_id
        return other

    async def self_(self) -> Principal:
        """Whom the key belongs to."""
        return await self._request("GET", "/v3/self", Principal)

    # ------------------------------------------------------------ sessions

    async def create_session(self, prompt: str, **options: Unpack[SessionOptions]) -> DevinSession:
        """Start a session. After an unknown outcome look for its tag first: a second one is paid too."""
        body = _given({"prompt": prompt, **options})
        return await self._request("POST", self._org("sessions"), DevinSession, json=body)

    async def get_session(self, devin_id: str) -> DevinSession:
        """One session. A row of the list has every field of this answer."""
        return await self._of_session("GET", devin_id, "", DevinSession)

    def sessions(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[DevinSession]:
        """All sessions that fit, newest first."""
        return paging.items(self.session_pages(**filters))

    def session_pages(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[Page[DevinSession]]:
        """The same, page by page."""
        return self._filtered(self._org("sessions"), Page[DevinSession], filters)

    def session_insights(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[SessionInsights]:
        """Sessions with their message counts. Dearer for Devin than the plain list, so ask it less often."""
        return paging.items(self.session_insight_pages(**filters))

    def session_insight_pages(self, **filters: Unpack[SessionFilters]) -> AsyncIterator[Page[SessionInsights]]:
        """The same, page by page."""
        return self._filtered(self._org("sessions", "insights"), Page[SessionInsights], filters)

    async def terminate(self, devin_id: str, *, archive: bool = False) -> DevinSession:
        """End a session for good; it cannot be resumed."""
        return await self._of_session("DELETE", devin_id, "", DevinSession, params={"archive": archive})

    async def archive(self, devin_id: str) -> DevinSession:
        """Put a session to sleep and out of sight; nothing is lost."""
        return await self._of_session("POST", devin_id, "/archive", DevinSession)

    async def unarchive(self, devin_id: str) -> DevinSession:
        """Bring an archived session back into sight."""
        return await self._of_session("POST", devin_id, "/unarchive", DevinSession)

    # ------------------------------------------------------------ messages, tags

    async def send_message(
        self,
        devin_id: str,
        message: str,
        attachment_urls: Sequence[str] = (),
        message_as_user_id: str | None = None,
    ) -> DevinSession:
        """Say something to a session, which wakes it. Answers with the session: there is no id of the message."""
        files = list(attachment_urls) or None
        body = {"message": message, "message_as_user_id": message_as_user_id, "attachment_urls": files}
        return await self._of_session("POST", devin_id, "/messages", DevinSession, json=_given(body))

    def messages(self, devin_id: str, after: str | None = None) -> AsyncIterator[DevinMessage]:
        """The visible conversation, oldest first."""
        return paging.items(self.message_pages(devin_id, after))

    def message_pages(self, devin_id: str, after: str | None = None) -> AsyncIterator[Page[DevinMessage]]:
        """The same, page by page.

        To go on later keep the last `end_cursor` that was not None, give it as `after`, and drop the event ids
        already seen: the last page may have no cursor, and a conversation cannot be read from its end.
        """

        async def read(cursor: str | None) -> Page[DevinMessage]:
            asked = _given({"first": paging.PAGE_SIZE, "after": cursor})
            return await self._of_session("GET", devin_id, "/messages", Page[DevinMessage], params=asked)

        return paging.pages(read, after)

    async def tags(self, devin_id: str) -> tuple[str, ...]:
        """The tags of a session."""
        return (await self._of_session("GET", devin_id, "/tags", Tags)).tags

    async def append_tags(self, devin_id: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Add tags (at most 50); those it has already stay single. The answer is all of them."""
        return (await self._of_session("POST", devin_id, "/tags", Tags, json={"tags": list(tags)})).tags

    async def replace_tags(self, devin_id: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Set the tags (at most 50)."""
        return (await self._of_session("PUT", devin_id, "/tags", Tags, json={"tags": list(tags)})).tags

    # ------------------------------------------------------------ files

    async def upload_attachment(self, name: str, content: bytes, content_type: str) -> Attachment:
        """Upload a file for a prompt or a message. Harmless to repeat: a file nobody names is never read."""
        path, file = self._org("attachments"), (name, content, content_type)
        return await self._request("POST", path, Attachment, files={"file": file}, limit=self._patience.upload)

    async def session_attachments(self, devin_id: str) -> tuple[SessionAttachment, ...]:
        """The files of a session's conversation."""
        return (await self._of_session("GET", devin_id, "/attachments", SessionAttachments)).items

    async def download_attachment(self, url: str) -> bytes:
        """A file's content, by the `url` of an attachment or by `uuid/name`. The host is always our own."""
        path = self._org("attachments", *_file_address(url))
        answer = await self._transport.answer(Call("GET", path, self._patience.upload))
        if not answer.is_redirect:
            return answer.content
        link = answer.url.join(answer.headers["Location"])
        if link.scheme not in {"https", answer.url.scheme}:
            raise DevinUnexpectedAnswer("The link to the file is not a safe one.", method="GET", path=path)
        return await self._transport.fetch(link)

    # ------------------------------------------------------------ people, playbooks, knowledge

    async def members_by_email(self, email: str) -> tuple[Member, ...]:
        """The people with this address: direct members, else those who come through an identity provider."""
        return await self._members("users", email.lower()) or await self._members("idp-users", email.lower())

    def playbooks(self) -> AsyncIterator[Playbook]:
        """All playbooks the organisation can use."""
        return self._listed(self._org("playbooks"), Page[Playbook])

    def notes(self) -> AsyncIterator[Note]:
        """All knowledge notes of the organisation."""
        return self._listed(self._org("knowledge", "notes"), Page[Note])

    async def create_note(
        self,
        name: str,
        body: str,
        trigger: str,
        *,
        folder_id: str | None = None,
        pinned_repo: str | None = None,
        is_enabled: bool | None = None,
    ) -> Note:
        """Write a note. `trigger` is required (one page of the documentation calls it by an older name)."""
        note = {"name": name, "body": body, "trigger": trigger, "folder_id": folder_id}
        extra = {"pinned_repo": pinned_repo, "is_enabled": is_enabled}
        return await self._request("POST", self._org("knowledge", "notes"), Note, json=_given({**note, **extra}))

    # ------------------------------------------------------------ spending, enterprise

    async def daily_consumption(self, after: int | None = None, before: int | None = None) -> Consumption:
        """The organisation's ACUs by billing day (from 08:00 UTC) between two instants."""
        return await self._consumption(self._org("consumption", "daily"), after, before)

    async def enterprise_daily_consumption(self, after: int | None = None, before: int | None = None) -> Consumption:
        """The same for the whole enterprise."""
        return await self._consumption("/v3/enterprise/consumption/daily", after, before)

    def consumption_cycles(self) -> AsyncIterator[Cycle]:
        """The enterprise's billing cycles."""
        return self._listed("/v3/enterprise/consumption/cycles", Page[Cycle])

    def organizations(self) -> AsyncIterator[Organization]:
        """All organisations of the enterprise."""
        return self._listed("/v3/enterprise/organizations", Page[Organization])

    async def audit_logs(
        self, after: int, before: int, *, org_id: str | None = None, action: str | None = None
    ) -> AsyncIterator[AuditEntry]:
        """The audit log between two instants, oldest first: of the enterprise, or of one organisation in it."""
        path = f"/v3/enterprise/organizations/{_quoted(org_id)}" if org_id else "/v3/enterprise"
        seen: set[str] = set()  # neighbouring windows share a second
        for start, end in paging.windows(after, before):
            asked = {"order": "asc", "time_after": start, "time_before": end, "action": action}
            async for entry in self._listed(f"{path}/audit-logs", Page[AuditEntry], asked):
                if entry.audit_log_id not in seen:
                    seen.add(entry.audit_log_id)
                    yield entry

    # ------------------------------------------------------------ the one way out

    async def _request(
        self,
        method: str,
        path: str,
        model: type[_Model],
        *,
        instead: str | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        limit: float | None = None,
    ) -> _Model:
        usual = self._patience.read if method == "GET" else self._patience.write
        call = Call(method, path, limit or usual, instead, params, json, files)
        return _read(await self._transport.answer(call), model)

    async def _of_session(self, method: str, devin_id: str, tail: str, model: type[_Model], **asked: Any) -> _Model:
        """Documented with the prefix, answered without it, and one of the two may be unknown to a host."""
        bare = bare_id(devin_id)
        path, instead = (self._org("sessions", form) + tail for form in (_PREFIX + bare, bare))
        return await self._request(method, path, model, instead=instead, **asked)

    def _filtered(self, path: str, model: type[Page[_Model]], filters: SessionFilters) -> AsyncIterator[Page[_Model]]:
        return _joined([self._pages(path, model, part) for part in _parts(filters)])

    def _pages(self, path: str, model: type[Page[_Model]], params: Mapping[str, Any]) -> AsyncIterator[Page[_Model]]:
        async def read(cursor: str | None) -> Page[_Model]:
            asked = _given({**params, "first": paging.PAGE_SIZE, "after": cursor})
            return await self._request("GET", path, model, params=asked)

        return paging.pages(read)

    def _listed(
        self, path: str, model: type[Page[_Model]], params: Mapping[str, Any] | None = None
    ) -> AsyncIterator[_Model]:
        return paging.items(self._pages(path, model, params or {}))

    async def _members(self, kind: str, email: str) -> tuple[Member, ...]:
        there = f"/organizations/{_quoted(self.org_id)}/members/{kind}"
        asked = {"email": email, "first": paging.PAGE_SIZE}
        try:
            # The list is in beta; it may move to the place of all the others.
            page = await self._request("GET", f"/v3beta1{there}", Page[Member], instead=f"/v3{there}", params=asked)
        except DevinNotFound:
            return ()
        # Checked again: a filter that Devin ignores would make everybody this person.
        return tuple(member for member in page.items if (member.email or "").lower() == email)

    async def _consumption(self, path: str, after: int | None, before: int | None) -> Consumption:
        span = _given({"time_after": after, "time_before": before})
        return await self._request("GET", path, Consumption, params=span)

    def _org(self, *steps: str) -> str:
        return "/".join(["/v3/organizations", *map(_quoted, (self.org_id, *steps))])


def bare_id(session_id: str) -> str:
    """The id without `devin-`, for comparing: Devin gives it with and without."""
    return session_id.removeprefix(_PREFIX)


def _quoted(step: str) -> str:
    return quote(step, safe="")


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was given; tuples as the lists that JSON and repeated parameters are made of."""
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {name: value for name, value in listed.items() if value is not None}


def _parts(filters: SessionFilters) -> list[Mapping[str, Any]]:
    """The calls that ask for these filters: none when a list is empty, several when there are many ids."""
    given = _given(filters)
    if any(value == [] for value in given.values()):
        return []  # an empty list leaves no trace in an address, so it would ask for everything
    if "session_ids" not in given:
        return [given]
    return [{**given, "session_ids": part} for part in paging.portions(given["session_ids"])]


async def _joined(lists: Sequence[AsyncIterator[Page[_Model]]]) -> AsyncIterator[Page[_Model]]:
    for pages in lists:
        async for page in pages:
            yield page


def _file_address(url: str) -> tuple[str, str]:
    found = re.search(r"([^/]+)/([^/]+)$", httpx.URL(url).path)
    if found is None:
        raise DevinUnexpectedAnswer("The address of the file has no name in it.")
    return found.group(1), found.group(2)


def _read(response: httpx.Response, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        told = f"{first['msg']} (at {'.'.join(map(str, first['loc'])) or 'the beginning'})."
        request, status = response.request, response.status_code
        raise DevinUnexpectedAnswer(told, method=request.method, path=request.url.path, status=status) from error
