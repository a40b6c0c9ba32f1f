"""Reading Devin's answers. An answer that cannot be read is an error, but one odd row does not hide its page.

Models are frozen and ignore unknown fields. No error repeats what was in an answer.
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
    """The base of all models. The first field of a model that comes in lists is its id."""

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
    """A row of a list that could not be read: its id, if that at least is readable, and the fields at fault."""

    id: str | None
    fields: tuple[str, ...]


class Page(Answer, Generic[_Item]):
    """One page of a list. Only `has_next_page` says that it is the last; `end_cursor` may be null on the last page.

    `items` are the rows that could be read. While `unreadable` has any, a row that is not in `items` may still exist.
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
                raise  # the answer as a whole has another form
        page = read({**answer, "items": rows})
        page._unreadable = unreadable  # noqa: SLF001 - an attribute of this class
        return page

    @classmethod
    def _id_field(cls) -> str:
        row: type[BaseModel] = get_args(cls.model_fields["items"].annotation)[0]
        return next(iter(row.model_fields))


def _odd_rows(error: ValidationError) -> Mapping[int, tuple[str, ...]]:
    """Return the fields at fault by the number of their row, or nothing if more than rows is at fault."""
    odd: dict[int, tuple[str, ...]] = {}
    for problem in error.errors(include_input=False, include_url=False):
        path = problem["loc"]
        if path[:1] != ("items",) or len(path) < 2 or not isinstance(path[1], int):
            return {}
        odd[path[1]] = (*odd.get(path[1], ()), ".".join(map(str, path[2:])))
    return odd


def _unreadable(row: object, fields: tuple[str, ...], id_field: str) -> UnreadableRow:
    found = row.get(id_field) if isinstance(row, dict) else None
    return UnreadableRow(found if isinstance(found, str) and found else None, fields)


def parsed(response: httpx.Response, model: type[_Model]) -> _Model:
    """Read the body of an answer as `model`. Raises DevinUnexpectedAnswer, which names the first field at fault."""
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        logged = f"{first['msg']} (at {'.'.join(map(str, first['loc'])) or 'the beginning'})."
        raise _error(DevinUnexpectedAnswer, response, logged) from error


def parsed_if_readable(response: httpx.Response, model: type[_Model]) -> _Model | None:
    """Read the body of a 2xx to a request that was carried out. Returns None if it cannot be read: that undoes nothing.

    Raises DevinUnexpectedAnswer for any other answer, such as a redirect, which does not say that it was carried out.
    """
    if not response.is_success:
        raise _error(DevinUnexpectedAnswer, response, "Neither done nor refused.")
    try:
        return parsed(response, model)
    except DevinUnexpectedAnswer as error:
        log.warning("answer of Devin's not read", path=error.path, status=error.status, problem=error.message)
        return None


def created_id(response: httpx.Response, field: str) -> str:
    """Read the id of what a request has created from the raw answer, however odd the other fields are.

    Raises DevinCreatedUnreadable for a 2xx without a readable id, and DevinUnexpectedAnswer for any other answer.
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
