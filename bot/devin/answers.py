"""How answers are read: one that cannot be read is an error, but one odd row does not hide the rest of its page.

What is read stays frozen, unknown fields are ignored, and no error repeats what stood in an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar, get_args

import httpx
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from bot.devin.errors import DevinCreatedUnreadable, DevinUnexpectedAnswer
from bot.logs import get_logger

log = get_logger(__name__)

_Item = TypeVar("_Item")
_Model = TypeVar("_Model", bound=BaseModel)


class Answer(BaseModel):
    """The base of all answers. The first field of what comes in lists is its id."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def _empty_for_null(value: object) -> object:
    return () if value is None else value


def _zero_for_null(value: object) -> object:
    return 0.0 if value is None else value


Many = Annotated[tuple[_Item, ...], BeforeValidator(_empty_for_null)]
Flag = Annotated[bool, BeforeValidator(bool)]
Acus = Annotated[float, BeforeValidator(_zero_for_null)]


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row of a list that could not be read: its id, if at least that is readable, and the fields at fault."""

    id: str | None
    fields: tuple[str, ...]


class Page(Answer, Generic[_Item]):
    """One page of a list. Only `has_next_page` tells the end; `end_cursor` may be null on the last page.

    `items` are the rows that could be read. Whoever looks for one row has not found "none" while `unreadable` has any.
    """

    items: tuple[_Item, ...]
    end_cursor: str | None = None
    has_next_page: bool = False
    total: int | None = None
    _unreadable: tuple[UnreadableRow, ...] = PrivateAttr(default=())

    @property
    def unreadable(self) -> tuple[UnreadableRow, ...]:
        """The rows that are missing from `items` because they could not be read."""
        return self._unreadable

    @model_validator(mode="wrap")
    @classmethod
    def _without_odd_rows(cls, answer: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return read(answer)
        except ValidationError as error:
            odd = _odd_rows(error)
            unreadable = tuple(_unreadable(answer["items"][at], fields, cls._id_field()) for at, fields in odd.items())
            rows = [row for at, row in enumerate(answer["items"]) if at not in odd] if odd else []
            if not rows and all(row.id is None for row in unreadable):
                raise  # not odd rows, but another form of answer
        page = read({**answer, "items": rows})
        page._unreadable = unreadable  # noqa: SLF001 - its own
        return page

    @classmethod
    def _id_field(cls) -> str:
        row: type[BaseModel] = get_args(cls.model_fields["items"].annotation)[0]
        return next(iter(row.model_fields))


def _odd_rows(error: ValidationError) -> Mapping[int, tuple[str, ...]]:
    """The fields at fault by the number of their row; nothing when more than rows is at fault."""
    odd: dict[int, tuple[str, ...]] = {}
    for problem in error.errors(include_input=False, include_url=False):
        place = problem["loc"]
        if place[:1] != ("items",) or len(place) < 2 or not isinstance(place[1], int):
            return {}
        odd[place[1]] = (*odd.get(place[1], ()), ".".join(map(str, place[2:])))
    return odd


def _unreadable(row: object, fields: tuple[str, ...], id_field: str) -> UnreadableRow:
    found = row.get(id_field) if isinstance(row, dict) else None
    return UnreadableRow(found if isinstance(found, str) and found else None, fields)


def parsed(response: httpx.Response, model: type[_Model]) -> _Model:
    """The body of an answer as a model, or DevinUnexpectedAnswer with the first field at fault."""
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        logged = f"{first['msg']} (at {'.'.join(map(str, first['loc'])) or 'the beginning'})."
        raise _error(DevinUnexpectedAnswer, response, logged) from error


def parsed_if_readable(response: httpx.Response, model: type[_Model]) -> _Model | None:
    """The body of a 2xx to something that is done by now, or None when it cannot be read: that undoes nothing.

    Any other answer, such as a redirect, does not say that it was done: DevinUnexpectedAnswer.
    """
    if not response.is_success:
        raise _error(DevinUnexpectedAnswer, response, "Neither done nor refused.")
    try:
        return parsed(response, model)
    except DevinUnexpectedAnswer as error:
        log.warning("answer of Devin's not read", path=error.path, status=error.status, problem=error.message)
        return None


def created_id(response: httpx.Response, field: str) -> str:
    """The id of what a request has created, read from the raw answer however odd the rest of that is.

    A 2xx without a readable id is DevinCreatedUnreadable; any other answer DevinUnexpectedAnswer.
    """
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    found = body.get(field) if isinstance(body, dict) else None
    if response.is_success and isinstance(found, str) and found.strip():
        return found
    kind = DevinCreatedUnreadable if response.is_success else DevinUnexpectedAnswer
    raise _error(kind, response, f"No readable {field}.")


def _error(kind: type[DevinUnexpectedAnswer], response: httpx.Response, logged: str) -> DevinUnexpectedAnswer:
    request = response.request
    return kind(logged, method=request.method, path=request.url.path, status=response.status_code)
