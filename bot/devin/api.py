"""What all parts of the API share: the paths of an organisation, a call with its answer, and lists in pages."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import IO, Any, Final, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from bot.devin import paging
from bot.devin.answers import OddFields, Page, UnreadableRow, parsed, unexpected
from bot.devin.errors import DevinCreatedUnreadable, DevinNotFound, DevinUnexpectedAnswer
from bot.devin.transport import Call, Transport
from bot.domain.session import bare_id
from bot.logs import get_logger

log = get_logger(__name__)

_PREFIX: Final = "devin-"
_MOST_LOGGED_ROWS: Final = 1_000  # kept in memory, so that each is logged once

_Model = TypeVar("_Model", bound=BaseModel)


class Api:
    """One organisation and one part of the API. All parts share a transport."""

    def __init__(self, transport: Transport, org_id: str) -> None:
        self.org_id = org_id
        self._transport = transport
        # What is odd comes with every poll, but is logged once.
        self._logged: set[UnreadableRow] = set()
        self._logged_fields: OddFields = set()

    async def _request(self, method: str, path: str, model: type[_Model], **asked: Any) -> _Model:
        return self._read(await self._answer(method, path, **asked), model)

    def _read(self, response: httpx.Response, model: type[_Model]) -> _Model:
        odd: OddFields = set()
        try:
            return parsed(response, model, odd)
        finally:
            self._log_odd_fields(odd)

    def _read_if_possible(self, response: httpx.Response, model: type[_Model]) -> _Model | None:
        """Read the body of a 2xx. Returns None if it cannot be read: that does not undo what was done.

        Raises DevinUnexpectedAnswer for any other answer, such as a redirect, which does not say that it was done.
        """
        if not response.is_success:
            raise unexpected(response, "Neither done nor refused.")
        try:
            return self._read(response, model)
        except DevinUnexpectedAnswer as error:
            log.warning("Devin's answer not read", path=error.path, status=error.status, problem=error.message)
            return None

    async def _create(self, path: str, model: type[_Model], values: Mapping[str, Any], id_name: str) -> _Model:
        """Ask for something with these `values`. After any 2xx it exists.

        Raises DevinCreatedUnreadable if not even its id, the field `id_name`, can be read.
        """
        response = await self._answer("POST", path, json=given(values))
        created = self._read_if_possible(response, model)
        if created is None:
            raise unexpected(response, f"No readable {id_name}.", DevinCreatedUnreadable)
        return created

    async def _answer(
        self,
        method: str,
        path: str,
        *,
        instead: str | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, tuple[str, IO[bytes], str]] | None = None,
        limit: float | None = None,
    ) -> httpx.Response:
        patience = self._transport.patience
        usual = patience.read if method == "GET" else patience.write
        return await self._transport.answer(Call(method, path, limit or usual, instead, params, json, files))

    def _pages(
        self, path: str, model: type[Page[_Model]], params: Mapping[str, Any], most: int | None = None
    ) -> AsyncIterator[Page[_Model]]:
        async def read(cursor: str | None) -> Page[_Model]:
            return await self._page(path, model, params, cursor)

        return paging.pages(read, most=most)

    async def _page(
        self, path: str, model: type[Page[_Model]], params: Mapping[str, Any], cursor: str | None, **more: Any
    ) -> Page[_Model]:
        asked = given({**params, "first": params.get("first", paging.PAGE_SIZE), "after": cursor})
        page = await self._request("GET", path, model, params=asked, **more)
        self._log_unreadable(path, page.unreadable)
        return page

    def _log_unreadable(self, path: str, rows: tuple[UnreadableRow, ...]) -> None:
        new = set(rows) - self._logged
        if not new:
            return
        if len(self._logged) > _MOST_LOGGED_ROWS:
            self._logged.clear()
        self._logged |= new
        fields = sorted({field for row in new for field in row.fields})
        log.warning("Devin's rows not read", path=path, rows=len(new), fields=fields)

    def _log_odd_fields(self, odd: OddFields) -> None:
        new = odd - self._logged_fields
        self._logged_fields |= new
        for model in sorted({model for model, _ in new}):
            fields = sorted(field for of, field in new if of == model)
            log.warning("Devin's fields not read", model=model, fields=fields)

    def _listed(
        self, path: str, model: type[Page[_Model]], params: Mapping[str, Any] | None = None
    ) -> AsyncIterator[_Model]:
        return paging.items(self._pages(path, model, params or {}, paging.LISTED_PAGES))

    def _org(self, *segments: str) -> str:
        return "/".join(["/v3/organizations", *map(quoted, (self.org_id, *segments))])

    def _session(self, devin_id: str, tail: str = "", *, under: Sequence[str] = ("sessions",)) -> tuple[str, str]:
        """Return the path of a session in two forms: with the prefix, as documented, and without, as Devin answers.

        A host may not know one of the forms, so the second is asked where the first is not found.
        """
        bare = bare_id(devin_id)
        prefixed, plain = (self._org(*under, form) + tail for form in (_PREFIX + bare, bare))
        return prefixed, plain

    async def _of_session(self, method: str, devin_id: str, tail: str, model: type[_Model], **asked: Any) -> _Model:
        path, instead = self._session(devin_id, tail)
        return await self._request(method, path, model, instead=instead, **asked)


def quoted(segment: str) -> str:
    """Quote one segment of a path, so that it cannot become two.

    Raises DevinNotFound for one that would become none: nothing at Devin has such an id.
    """
    if segment in {"", ".", ".."}:
        raise DevinNotFound("No id is empty or made of dots.")
    return quote(segment, safe="")


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not None, with tuples as lists, as JSON and repeated parameters need them."""
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {name: value for name, value in listed.items() if value is not None}
