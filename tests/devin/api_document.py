"""The document of Devin's API: which requests it allows, and what each answer looks like."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema

from tests.devin.conftest import sample

NEW_WORD: Final = "a_word_that_is_new"
NEW_FIELD: Final = "a_field_that_is_new"
_DOCUMENT: Final = sample("openapi")
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_FORMATS: Final = jsonschema.FormatChecker()

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What came in: `target` is the path with the query, as it was sent, `body` what was read of it."""

    method: str
    target: str
    media_type: str = ""
    body: Any = None


@dataclass(frozen=True)
class Operation:
    """A method and a path of the document."""

    method: str
    path: str

    @property
    def parameters(self) -> Mapping[str, Schema]:
        """The parameters of the query, by their names."""
        return {found["name"]: found for found in self._parts.get("parameters", ()) if found["in"] == "query"}

    @property
    def body(self) -> Schema:
        """What the body of a request has to look like; nothing where there is none."""
        for content in self._parts.get("requestBody", {}).get("content", {}).values():
            schema: Schema = content["schema"]
            return schema
        return {}

    @property
    def statuses(self) -> Sequence[int]:
        """How it may be answered, what was done first."""
        return sorted(map(int, self._parts["responses"]))

    def answer(self, status: int) -> Schema:
        """What the answer of this status looks like, with new words and new fields: Devin's lists grow."""
        return _answer(self, status)

    def faults(self, request: Request) -> Iterator[str]:
        """Say what the document does not allow of a request."""
        asked = parse_qs(urlsplit(request.target).query, keep_blank_values=True)
        for name in asked.keys() - self.parameters.keys():
            yield f"{name} is no parameter"  # Devin ignores it, and then answers with everything
        for name, parameter in self.parameters.items():
            yield from _faults_of_parameter(parameter, asked.get(name, []))
        yield from self._faults_of_body(request)

    @property
    def _parts(self) -> Schema:
        return _whole(self)

    def _faults_of_body(self, request: Request) -> Iterator[str]:
        described = self._parts.get("requestBody")
        if described is None:
            if request.body is not None:
                yield "there is no body"
            return
        if request.media_type not in described["content"]:
            yield f"the body is of the type {request.media_type!r}"
            return
        yield from _faults(self.body, request.body)
        for name in (request.body or {}).keys() - self.body["properties"].keys():
            yield f"{name} is no field"


def operation_at(method: str, target: str) -> Operation | None:
    """Find the operation of a request: of those that fit, the one with the fewest names in its path."""
    segments = [unquote(segment) for segment in urlsplit(target).path.split("/")]
    fitting = [
        Operation(method, path)
        for path, methods in _DOCUMENT["paths"].items()
        if method.lower() in methods and _fits(path.split("/"), segments)
    ]
    return min(fitting, key=lambda operation: operation.path.count("{"), default=None)


def operation(text: str) -> Operation:
    """Find an operation by its method and its path as the document has them."""
    method, path = text.split()
    assert method.lower() in _METHODS
    assert method.lower() in _DOCUMENT["paths"][path], text
    return Operation(method, path)


def _fits(template: Sequence[str], segments: Sequence[str]) -> bool:
    return len(template) == len(segments) and all(
        segment.strip() if part.startswith("{") else part == segment
        for part, segment in zip(template, segments, strict=True)
    )


def _faults_of_parameter(parameter: Schema, given: Sequence[str]) -> Iterator[str]:
    schema, name = parameter["schema"], parameter["name"]
    if not given:
        if parameter.get("required"):
            yield f"{name} is missing"
    elif schema.get("type") == "array":
        yield from _faults(schema, [_read(schema["items"], text) for text in given], name)
    elif len(given) > 1:
        yield f"{name} is there {len(given)} times"
    else:
        yield from _faults(schema, _read(schema, given[0]), name)


def _read(schema: Schema, text: str) -> Any:
    """Read a word of an address as what the document says it is; one that is nothing of the kind stays a word."""
    types = {schema.get("type"), *(choice.get("type") for choice in schema.get("anyOf", ()))}
    if "integer" in types and re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if "boolean" in types and text in {"true", "false"}:
        return text == "true"
    return text


def _faults(schema: Schema, value: Any, name: str = "") -> Iterator[str]:
    for error in jsonschema.Draft202012Validator(schema, format_checker=_FORMATS).iter_errors(value):
        yield f"{'.'.join([name, *map(str, error.path)]).strip('.') or 'the body'}: {error.message}"


@cache
def _whole(operation: Operation) -> Schema:
    """An operation with what it refers to in place of the references."""
    parts: Schema = _followed(_DOCUMENT["paths"][operation.path][operation.method.lower()])
    return parts


@cache
def _answer(operation: Operation, status: int) -> Schema:
    content = _whole(operation)["responses"][str(status)]["content"]
    schema: Schema = _opened(content["application/json"]["schema"])
    return schema


def _followed(part: Any) -> Any:
    if isinstance(part, list):
        return [_followed(item) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" not in part:
        return {name: _followed(value) for name, value in part.items()}
    found = _DOCUMENT
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return _followed(found)


def _opened(schema: Any) -> Any:
    """Let a new word stand wherever there is one of a list, and a new field among others: Devin's lists grow."""
    if isinstance(schema, list):
        return [_opened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    opened = {name: _opened(value) for name, value in schema.items()}
    if "enum" in schema:
        opened["enum"] = [*schema["enum"], NEW_WORD]
    if "const" in schema:
        opened["enum"] = [opened.pop("const"), NEW_WORD]
    if schema.get("type") == "object" and schema.get("properties"):
        opened["properties"][NEW_FIELD] = {}
    return opened


def is_valid(schema: Schema, answer: Any) -> bool:
    """Whether an answer is as the document says, read as JSON comes over the network."""
    return not list(_faults(schema, json.loads(json.dumps(answer))))
