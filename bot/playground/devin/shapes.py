"""What the values of a control order must be: everything is looked at before anything is stored."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.playground.devin.body import MAX_TAGS
from bot.playground.shapes import FLAG, MEDIA_TYPE, OBJECT, TEXT, Shape, is_text, misfit, nullable, number, whole_number

MOST_ACUS: Final = 1_000_000
MOST_AT_ONCE: Final = 100_000
MOST_PACE: Final = 1_000_000  # times as written; tests want their stories over at once
LATEST: Final = 9_999_999_999  # in the year 2286


def check(values: Mapping[str, Any], shapes: Mapping[str, Shape], whose: str = "The order's") -> None:
    """Refuse the first value that is not what it must be; a name without a shape takes anything."""
    found = misfit(values, shapes)
    if found is not None:
        raise ValueError(f"{whose} {found}.")


def _list_of(what: str, fits: Callable[[Any], bool], most: int = MOST_AT_ONCE) -> Shape:
    return what, lambda value: isinstance(value, list) and len(value) <= most and all(map(fits, value))


def _is_pull_request(value: Any, url: str, state: str) -> bool:
    return isinstance(value, dict) and is_text(value.get(url)) and (value.get(state) is None or is_text(value[state]))


def _is_answer(value: Any) -> bool:
    """What to find in a reply, as a pattern, and what Devin says to it."""
    if not (isinstance(value, list) and len(value) == 2 and all(map(is_text, value))):
        return False
    try:
        re.compile(value[0])
    except re.error:
        return False
    return True


OBJECTS: Final = _list_of("a list of objects", lambda value: isinstance(value, dict))
MOMENT: Final = whole_number(0, LATEST)
ACUS: Final = number(0, MOST_ACUS)
NAME: Final = nullable(TEXT)
PACE: Final[Shape] = (
    "zero, which pauses it, or a number above, such as 0.5 or 2",
    lambda value: type(value) in {int, float} and 0 <= value <= MOST_PACE,
)

SESSION: Final[Mapping[str, Shape]] = {
    "status": NAME,  # null, and is_archived too, is what a row of Devin's might hold some day
    "status_detail": NAME,
    "title": NAME,
    "tags": _list_of(f"a list of at most {MAX_TAGS} texts", is_text, MAX_TAGS),
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "acus_consumed": ACUS,
    "pull_requests": _list_of(
        "a list of objects with a pr_url and a pr_state", lambda value: _is_pull_request(value, "pr_url", "pr_state")
    ),
    "structured_output": nullable(OBJECT),
    "is_archived": nullable(FLAG),
    "origin": NAME,
    "category": NAME,
    "subcategory": NAME,
    "user_id": NAME,
    "service_user_id": NAME,
    "playbook_id": NAME,
    "automation_id": NAME,
    "parent_session_id": NAME,
    "child_session_ids": nullable(_list_of("a list of texts", is_text)),
    "devin_mode": NAME,
}
NEW_SESSIONS: Final[Mapping[str, Shape]] = {
    **SESSION,
    "prompt": TEXT,
    "say": NAME,
    "count": whole_number(1, MOST_AT_ONCE),
    "every": number(0, LATEST),
    "org_id": TEXT,
    "repos": _list_of("a list of texts", is_text),
}
STEP: Final[Mapping[str, Shape]] = {
    "after": number(0, LATEST),
    "status": NAME,
    "status_detail": NAME,
    "say": NAME,
    "acus": ACUS,
    "pull_request": nullable(
        ("an object with a url and a state", lambda value: _is_pull_request(value, "url", "state"))
    ),
    "title": NAME,
    "structured_output": nullable(OBJECT),
    "pause": FLAG,
    "answers": _list_of("a list of pairs of a pattern and a text", _is_answer),
    "choices": _list_of("a list of texts", is_text),
}
LIMIT: Final = nullable(whole_number(0, MOST_ACUS))
ORGANIZATION_LIMITS: Final[Mapping[str, Shape]] = {"max_session_acu_limit": LIMIT, "max_cycle_acu_limit": LIMIT}
AGENT_LIMITS: Final[Mapping[str, Shape]] = {"cloud_agent": LIMIT, "local_agent": LIMIT}
ACU_LIMIT: Final[Mapping[str, Shape]] = {
    "scope": TEXT,
    "cycle_acu_limit": whole_number(0, MOST_ACUS),
    "org_id": NAME,
    "user_id": NAME,
}
FILE: Final[Mapping[str, Shape]] = {"name": TEXT, "content": TEXT, "content_type": nullable(MEDIA_TYPE)}
SCRIPT: Final[Mapping[str, Shape]] = {"contains": TEXT, "steps": OBJECTS, "play": nullable(PACE)}


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and {"name", "content"} <= value.keys() and misfit(value, FILE) is None


VERBS: Final[Mapping[str, Mapping[str, Shape]]] = {
    "step": {"count": whole_number(1, MOST_AT_ONCE)},
    "set": {"fields": OBJECT, "moves": FLAG},
    "say": {"text": TEXT, "fields": nullable(OBJECT)},
    "write": {"text": TEXT},
    "pr": {"url": TEXT, "state": NAME},
    "spend": {"acus": ACUS},
    "lower": {"acus": ACUS, "day": TEXT},
    "attach": {**FILE, "say": TEXT, "more": _list_of("a list of files, each with a name and a content", _is_file)},
    "script": SCRIPT,
    "play": {"speed": PACE},
}
