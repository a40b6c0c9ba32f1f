"""A route of the API and one call to it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from bot.playground import orders
from bot.playground.devin.paging import MAX_FIRST, Listing
from bot.playground.devin.problems import invalid
from bot.playground.devin.session import Session
from bot.playground.devin.state import World


@dataclass(frozen=True, slots=True)
class Upload:
    """The file of a multipart body."""

    name: str
    content: bytes
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request: JSON that is not read yet, or a file, or a form that cannot be read."""

    raw: bytes = b""
    upload: Upload | None = None
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call: the world it acts on, and what it says."""

    world: World
    path: dict[str, str]
    query: MultiMapping[str]
    sent: Body = Body()

    @property
    def org_id(self) -> str:
        """The organisation in the path."""
        return self.path["org_id"]

    @property
    def session(self) -> Session:
        """The session in the path, if this organisation has it."""
        return self.world.session(self.path["devin_id"], self.org_id)

    @property
    def sessions(self) -> list[Session]:
        """The sessions of the organisation in the path, or all of them if there is none in it."""
        org_id = self.path.get("org_id")
        return [session for session in self.world.held.by_age if org_id in {None, session.org_id}]

    def body(self) -> dict[str, Any]:
        """The JSON body, which must be an object."""
        try:
            body = orders.parsed(self.sent.raw)
        except orders.OrderError as error:
            raise invalid("body", "0", "JSON decode error", "json_invalid") from error
        if not isinstance(body, dict):
            raise invalid("body", "0", "Input should be a valid dictionary", "model_attributes_type")
        return body


Answer = bytes | web.Response
Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its name for faults and logs, where it is, what it needs, what it does."""

    name: str
    method: str
    path: str
    permission: str
    handler: Handler = field(repr=False)


def as_json(value: Any) -> bytes:
    """A JSON body."""
    return json.dumps(value).encode()


def page(call: Call, kind: str, rows: Iterable[dict[str, Any]], *, most: int = MAX_FIRST) -> bytes:
    """The page of `rows` that the call asks for, in their order."""
    listing: Listing[tuple[int, dict[str, Any]]] = Listing(
        kind=kind,
        rows=list(enumerate(rows, start=1)),
        key=lambda row: (row[0],),
        write=lambda row: as_json(row[1]),
        last_cursor=call.world.switches.last_page_cursor,
        most=most,
    )
    return listing.page(call.query)
