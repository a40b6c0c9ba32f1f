"""The filters of the session list. Unknown parameters are ignored: a misspelt one returns everything."""

from collections.abc import Callable, Iterable
from typing import Final

from multidict import MultiMapping

from bot.playground.devin.paging import integer
from bot.playground.devin.problems import invalid
from bot.playground.devin.session import PREFIX, Session
from bot.playground.devin.switches import Switches

Test = Callable[[Session], bool]

ORIGINS: Final = frozenset(
    {
        "webapp",
        "slack",
        "teams",
        "api",
        "linear",
        "jira",
        "automation",
        "cli",
        "desktop",
        "code_scan",
        "other",
    }
)
CATEGORIES: Final = frozenset(
    {
        "bug_fixing",
        "ci_cd_and_devops",
        "code_quality_and_security",
        "code_review",
        "code_review_and_analysis",
        "data_and_automation",
        "documentation_and_content",
        "feature_development",
        "migrations_and_upgrades",
        "other",
        "production_investigation",
        "refactoring_and_optimization",
        "research_and_exploration",
        "security",
        "unit_test_generation",
    }
)
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}

# Bounds as reported live for created_*: after is inclusive, before exclusive.
_TIMES: Final[dict[str, Callable[[Session, int], bool]]] = {
    "created_after": lambda session, bound: session.created_at >= bound,
    "created_before": lambda session, bound: session.created_at < bound,
    "updated_after": lambda session, bound: session.updated_at >= bound,
    "updated_before": lambda session, bound: session.updated_at < bound,
}
_SINGLES: Final[dict[str, Callable[[Session], str | None]]] = {
    "playbook_id": lambda session: session.playbook_id,
    "schedule_id": lambda session: session.schedule_id,
    "category": lambda session: session.category,
}
_SETS: Final[dict[str, Callable[[Session], str | None]]] = {
    "origins": lambda session: session.origin,
    "automation_ids": lambda session: session.automation_id,
    "user_ids": lambda session: session.user_id,
    "service_user_ids": lambda session: session.service_user_id,
}
KNOWN: Final = frozenset(
    {*_TIMES, *_SINGLES, *_SETS, "session_ids", "parent_session_id", "repo_names", "tags", "is_archived"}
)


def tests_for(query: MultiMapping[str], switches: Switches) -> list[Test]:
    """What a session must pass to be in the list."""
    if switches.filters_ignored:
        return []
    _check_enums(query)
    return [
        *_time_tests(query),
        *_value_tests(query),
        *_id_tests(query),
        *_tag_tests(query, switches),
        *_archive_tests(query, switches),
    ]


def bare(session_id: str) -> str:
    """A session id without its prefix; both forms are accepted."""
    return session_id.removeprefix(PREFIX)


def _check_enums(query: MultiMapping[str]) -> None:
    for name, known in (("origins", ORIGINS), ("category", CATEGORIES)):
        for value in query.getall(name, []):
            if value not in known:
                raise invalid("query", name, f"Input should be one of {sorted(known)}", "enum")


def _time_tests(query: MultiMapping[str]) -> list[Test]:
    bounds = {name: integer(query, name) for name in _TIMES}
    return [_bounded(_TIMES[name], bound) for name, bound in bounds.items() if bound is not None]


def _bounded(test: Callable[[Session, int], bool], bound: int) -> Test:
    return lambda session: test(session, bound)


def _value_tests(query: MultiMapping[str]) -> list[Test]:
    singles = [_among(of, {query[name]}) for name, of in _SINGLES.items() if name in query]
    sets = [_among(of, query.getall(name)) for name, of in _SETS.items() if name in query]
    return singles + sets


def _among(of: Callable[[Session], str | None], values: Iterable[str]) -> Test:
    wanted = frozenset(values)
    return lambda session: of(session) in wanted


def _id_tests(query: MultiMapping[str]) -> list[Test]:
    tests: list[Test] = []
    if "session_ids" in query:
        ids = frozenset(map(bare, query.getall("session_ids")))
        tests.append(lambda session: session.bare_id in ids)
    if "parent_session_id" in query:
        parent = bare(query["parent_session_id"])
        tests.append(lambda session: bare(session.parent_session_id or "") == parent)
    if "repo_names" in query:
        repos = frozenset(query.getall("repo_names"))
        tests.append(lambda session: not repos.isdisjoint(session.repos))
    return tests


def _tag_tests(query: MultiMapping[str], switches: Switches) -> list[Test]:
    if "tags" not in query:
        return []
    tags = frozenset(query.getall("tags"))
    if switches.tags_refused:
        return [lambda _: False]
    if switches.tags_match == "all":
        return [lambda session: tags.issubset(session.tags)]
    return [lambda session: not tags.isdisjoint(session.tags)]


def _archive_tests(query: MultiMapping[str], switches: Switches) -> list[Test]:
    if "is_archived" in query:
        wanted = boolean(query, "is_archived")
        return [lambda session: session.is_archived is wanted]
    return [lambda session: not session.is_archived] if switches.archived_hidden else []


def boolean(query: MultiMapping[str], name: str) -> bool:
    """A yes or no from the query; False when it is not there."""
    value = _BOOLEANS.get(query.get(name, "false").lower())
    if value is None:
        raise invalid("query", name, "Input should be a valid boolean", "bool_parsing")
    return value
