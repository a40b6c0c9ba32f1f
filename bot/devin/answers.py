"""Reading Devin's answers. What is odd in one costs only itself: a field its value, an item of a list the item.

A field that cannot be read has its default, and a null is the same as a missing field. What a model cannot do without
has no default: without it the model is an error, and as a row of a list it is left out. Models are frozen and ignore
unknown fields. No error and no log line repeats what was in an answer.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, Self, TypeVar, get_args

import httpx
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.devin.errors import DevinUnexpectedAnswer
from bot.domain.redaction import redact

_MILLISECONDS: Final = 1e11  # as seconds such an instant would be in the year 5138
_LATEST: Final = 4_102_444_800  # the year 2100: a later instant would keep all that follows from being new

_USER: Final = re.compile(r"^(\s{0,9}https?://)[^/?#\s]{1,2000}@", re.IGNORECASE)

_Item = TypeVar("_Item")
_Model = TypeVar("_Model", bound=BaseModel)

OddFields = set[tuple[str, str]]  # a model and a field of it that could not be read
_Problems = Mapping[str, Mapping[int, tuple[str, ...]] | None]  # by field; None: the field as a whole, else its items


class Answer(BaseModel):
    """The base of all models. The first field of a model that comes in lists is its id."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    _problems: _Problems = PrivateAttr(default_factory=dict)

    @property
    def odd_fields(self) -> frozenset[str]:
        """The fields that hold something else than Devin sent, because that could not be read as a whole."""
        return frozenset(self._problems)

    def has(self, field: str) -> bool:
        """Whether Devin sent `field`, and all of it could be read."""
        return field in self.model_fields_set and field not in self._problems

    @classmethod
    def _completed(cls, answer: dict[str, Any], /) -> dict[str, Any]:
        """Return `answer` with what can be made of its other fields where a field cannot be read."""
        return answer

    @model_validator(mode="wrap")
    @classmethod
    def _without_what_is_odd(cls, answer: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        try:
            return read(answer)
        except ValidationError as error:
            if not isinstance(answer, dict):
                raise
            problems = _problems(error, answer)
            try:
                found = read(cls._completed(_without(answer, problems)))
            except ValidationError:
                raise error from None  # something is missing that the model cannot do without
        odd = {name: items for name, items in problems.items() if answer.get(name) is not None}
        found._problems = odd  # noqa: SLF001 - an attribute of this class
        if info.context is not None:
            info.context.update((cls.__name__, name) for name in odd)
        return found


def _problems(error: ValidationError, answer: dict[str, Any]) -> _Problems:
    """Return the fields of `answer` at fault, each with its odd items and the fields at fault in them."""
    problems: dict[str, dict[int, tuple[str, ...]] | None] = {}
    for problem in error.errors(include_input=False, include_url=False):
        if problem["type"] == "default_factory_not_called":
            continue  # that follows from another problem
        name, *path = problem["loc"] or ("",)
        items = problems.setdefault(str(name), {})
        if not path or not isinstance(path[0], int) or not isinstance(answer.get(str(name)), list):
            problems[str(name)] = None
        elif items is not None:
            items[path[0]] = (*items.get(path[0], ()), ".".join(map(str, path[1:])))
    return problems


def _without(answer: dict[str, Any], problems: _Problems) -> dict[str, Any]:
    """Return `answer` without its odd fields, and without the odd items of its lists."""
    readable = {name: value for name, value in answer.items() if name not in problems}
    for name, odd in problems.items():
        if odd is not None:
            readable[name] = [item for at, item in enumerate(answer[name]) if at not in odd]
    return readable


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("A flag is no number.")  # noqa: TRY004 - the kind of error that makes a field unreadable
    return value


def _seconds(value: object) -> int:
    """Read an instant as whole Unix seconds: from seconds, milliseconds, or the text of ISO 8601."""
    if isinstance(value, str):
        value = _instant(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Not an instant.")  # noqa: TRY004 - the kind of error that makes a field unreadable
    if not 0 <= value <= _LATEST * 1000:
        raise ValueError("Not an instant of our times.")
    seconds = int(value / 1000 if value >= _MILLISECONDS else value)
    if seconds > _LATEST:
        raise ValueError("Not an instant of our times.")
    return seconds


def _instant(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


Time = Annotated[int, BeforeValidator(_seconds)]
Acus = Annotated[float, BeforeValidator(_number), Field(ge=0, allow_inf_nan=False)]
BilledAcus = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]  # below zero where a credit is more
Count = Annotated[int, BeforeValidator(_number), Field(ge=0)]
Id = Annotated[str, Field(pattern=r"\S")]
Address = Annotated[str, Field(pattern=r"^https?://\S+$")]


def _without_credentials(url: str) -> str:
    """`url` without a user in front of its host, and with no query where that looks like it has a secret."""
    url = _USER.sub(r"\1", url)
    return url if redact(url) == url else redact(re.split(r"[?#]", url, maxsplit=1)[0])


PageAddress = Annotated[Id, AfterValidator(_without_credentials)]  # for people, who open it in a browser
Words = Annotated[str, AfterValidator(redact)]  # of people or of Devin, for Slack: without what looks like a secret


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
    end_cursor: Annotated[str | None, Field(coerce_numbers_to_str=True)] = None
    has_next_page: bool = False
    total: int | None = None
    _unreadable: tuple[UnreadableRow, ...] = PrivateAttr(default=())

    @property
    def unreadable(self) -> tuple[UnreadableRow, ...]:
        """The rows that are missing from `items` because they could not be read."""
        return self._unreadable

    @field_validator("has_next_page", mode="before")
    @classmethod
    def _as_the_cursor_says(cls, more: object, info: ValidationInfo) -> object:
        """Where `more` is no flag, there is more if there is a cursor: to ask once too often loses nothing."""
        return more if isinstance(more, bool) else info.data.get("end_cursor") is not None

    @model_validator(mode="wrap")
    @classmethod
    def _with_unreadable_rows(cls, answer: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        page = read(answer)
        if info.context is not None:
            info.context.discard((cls.__name__, "items"))  # each row is reported by itself
        odd = page._problems.get("items") or {}  # noqa: SLF001 - an attribute of this class
        rows = tuple(_unreadable(answer["items"][at], fields, cls._id_field()) for at, fields in odd.items())
        if rows and not page.items and all(row.id is None for row in rows):
            raise ValueError(f"No row can be read for its {' and '.join(rows[0].fields) or 'form'}")
        page._unreadable = rows  # noqa: SLF001 - an attribute of this class
        return page

    @classmethod
    def _id_field(cls) -> str:
        row: type[BaseModel] = get_args(cls.model_fields["items"].annotation)[0]
        return next(iter(row.model_fields))


def _unreadable(row: object, fields: tuple[str, ...], id_field: str) -> UnreadableRow:
    found = row.get(id_field) if isinstance(row, dict) else None
    return UnreadableRow(found if isinstance(found, str) and found else None, fields)


def parsed(response: httpx.Response, model: type[_Model], odd: OddFields | None = None) -> _Model:
    """Read the body of an answer as `model`, and add the fields that could not be read to `odd`.

    Raises DevinUnexpectedAnswer, which names the first field at fault.
    """
    try:
        return _validated(response.content, model, odd)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        logged = f"{first['msg']} (at {'.'.join(map(str, first['loc'])) or 'the beginning'})."
        raise unexpected(response, logged) from error


def _validated(content: bytes, model: type[_Model], odd: OddFields | None) -> _Model:
    try:
        return model.model_validate_json(content, context=odd)
    except ValidationError as error:
        whole = _with_whole_characters(content) if error.errors()[0]["type"] == "json_invalid" else None
        if whole is None:
            raise
    return model.model_validate_json(whole, context=odd)


def _with_whole_characters(content: bytes) -> bytes | None:
    """Return JSON with a question mark for each half character, as where a text was cut within an emoji."""
    try:
        body = json.loads(content.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return json.dumps(body, ensure_ascii=False).encode(errors="replace")


def unexpected(
    response: httpx.Response, logged: str, kind: type[DevinUnexpectedAnswer] = DevinUnexpectedAnswer
) -> DevinUnexpectedAnswer:
    """Return the error for an answer that is not what it should be; `logged` says what is wrong with it."""
    request = response.request
    return kind(logged, method=request.method, path=request.url.path, status=response.status_code)
