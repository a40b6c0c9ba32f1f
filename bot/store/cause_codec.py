"""Writes causes as JSON objects and reads them, which is the form in which rows of the inbox store them.

The form is that of the cause's fields: a field that has its default is left out, and one that the cause does not have
makes it unreadable. It has a version, stored as `v`. A new field with a default needs no new version; any other change
needs one, and a reader of the form before, as long as rows of it may be stored.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from bot.domain.causes import Cause, ReadableCause, UnreadableCause
from bot.domain.file import SlackFile

Json = Mapping[str, Any]
_T = TypeVar("_T")

VERSION: Final = 1
BLANK: Final[Json] = {"v": VERSION}  # replaces the JSON object of a cause whose work is done

_ADAPTERS: Final[dict[str, TypeAdapter[ReadableCause]]] = {
    cause.kind: TypeAdapter(cause) for cause in get_args(ReadableCause)
}
_FILES: Final = TypeAdapter(tuple[SlackFile, ...])


def encode(cause: Cause) -> dict[str, Any]:
    """Write `cause` as a JSON object; an unreadable one is written unchanged."""
    if isinstance(cause, UnreadableCause):
        return dict(cause.payload)
    return {"v": VERSION, **_ADAPTERS[cause.kind].dump_python(cause, mode="json", exclude_defaults=True)}


def decode(kind: str, payload: Json) -> Cause:
    """Read the cause of this `kind` from the JSON object `payload`; an UnreadableCause if its form is unknown."""
    version, adapter = payload.get("v"), _ADAPTERS.get(kind)
    if version != VERSION or adapter is None:
        return UnreadableCause(kind, f"unreadable: {kind} of version {version}", payload)
    try:
        return _read(adapter, {name: value for name, value in payload.items() if name != "v"})
    except ValidationError as error:
        # Not the error's text, which quotes what people wrote.
        return UnreadableCause(kind, f"unreadable: {type(error).__name__}", payload)


def encode_files(files: tuple[SlackFile, ...]) -> list[dict[str, Any]]:
    """Write `files` as JSON objects."""
    written: list[dict[str, Any]] = _FILES.dump_python(files, mode="json", exclude_defaults=True)
    return written


def decode_files(files: list[Json]) -> tuple[SlackFile, ...]:
    """Read files from JSON objects of `encode_files`."""
    return _read(_FILES, files)


def _read(adapter: TypeAdapter[_T], found: object) -> _T:
    # From JSON, because in strict mode a list counts as a tuple and an object as a dataclass only there.
    return adapter.validate_json(json.dumps(found), strict=True, extra="forbid")
