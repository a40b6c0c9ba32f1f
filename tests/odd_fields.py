"""Answers with one odd field each: what Devin might send some day instead of what it documents."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

MISSING: Final = "missing"
# What may stand in any field. Each is of another type, and none of the words is one that Devin has.
ODD: Final[Mapping[str, Any]] = {
    "null": None,
    "an unknown word": "waiting_for_godot",
    "no words": "",
    "a number": 7,
    "a fraction": 1767225600.5,
    "milliseconds": 1767225600123,
    "a negative number": -1,
    "yes": True,
    "a list": [],
    "a list of odd things": [None, 7, {}],
    "an object": {"name": "waiting_for_godot"},
}


# Enough where it only matters whether a field can be read.
FEW: Final = ("null", "a number", "an object")


def mutations(answer: Any, ways: Collection[str] = (MISSING, *ODD), path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Give the path of each field of `answer`, what is odd about it, and the answer with that field odd."""
    entries = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    for name, value in entries:
        where = f"{path}.{name}".lstrip(".")
        if isinstance(answer, dict) and MISSING in ways:
            yield where, MISSING, {key: kept for key, kept in answer.items() if key != name}
        for what, odd in ODD.items():
            if what in ways and (type(odd) is not type(value) or odd != value):
                yield where, what, _with(answer, name, odd)
        for inner, what, changed in mutations(value, ways, where):
            yield inner, what, _with(answer, name, changed)


def _with(answer: Any, name: Any, value: Any) -> Any:
    if isinstance(answer, dict):
        return {**answer, name: value}
    return [value if at == name else kept for at, kept in enumerate(answer)]
