"""How much Devin is used: counts of sessions, pull requests and people, and how many sessions wait for a machine.

Nobody searches here, so all counts of searches are zero.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import count, takewhile
from typing import Any, Final

from bot.playground.devin.life import QUEUED
from bot.playground.devin.paging import integer
from bot.playground.devin.problems import invalid
from bot.playground.devin.route import Answer, Call, as_json
from bot.playground.devin.session import Session, size_of
from bot.playground.devin.state import DAY

COUNTED_ORIGINS: Final = ("webapp", "slack", "teams", "api", "linear", "jira")
SIZES: Final = ("xs", "s", "m", "l", "xl")
ELEVATED: Final = 10  # above so many waiting sessions
HIGH: Final = 50
WEEK: Final = 7 * DAY
MONTH: Final = 30 * DAY  # the vendor does not say whether its months are those of the calendar


def get_queue(call: Call) -> Answer:
    """GET /v3/enterprise/queue."""
    size = sum(session.status in QUEUED for session in call.sessions)
    status = "high" if size > HIGH else "elevated" if size > ELEVATED else "normal"
    return as_json({"queue_size": size, "status": status})


def usage(call: Call) -> Answer:
    """GET …/metrics/usage; without bounds of all time."""
    after, before = integer(call.query, "time_after"), integer(call.query, "time_before")
    made = _made(call, 0 if after is None else after, call.world.now() + 1 if before is None else before)
    states = _pull_request_states(made)
    return as_json(
        {
            "sessions_count": len(made),
            "searches_count": 0,
            "prs_created_count": states.total(),
            "prs_merged_count": states["merged"],
        }
    )


def of_sessions(call: Call) -> Answer:
    """GET …/metrics/sessions: those that were created in this time."""
    made = _filtered(call)
    merged = [session for session in made if _pull_request_states([session])["merged"]]
    origins = Counter(session.origin for session in made)
    return as_json(
        {
            "sessions_created_count": len(made),
            "sessions_created_by_origin": {name: origins[name] for name in COUNTED_ORIGINS},
            "sessions_created_by_size": _by_size(made),
            "sessions_created_with_playbook_count": sum(session.playbook_id is not None for session in made),
            "sessions_created_with_search_count": 0,
            "sessions_with_merged_prs_count": len(merged),
            "sessions_with_merged_prs_by_size": _by_size(merged),
            "avg_acus_per_session": sum(session.acus_consumed for session in made) / max(len(made), 1),
        }
    )


def of_pull_requests(call: Call) -> Answer:
    """GET …/metrics/prs: those of the sessions that were created in this time, by their present state."""
    states = _pull_request_states(_filtered(call))
    return as_json(
        {
            "prs_created_count": states.total(),
            "prs_opened_count": states["open"],
            "prs_closed_count": states["closed"],
            "prs_merged_count": states["merged"],
        }
    )


def of_searches(call: Call) -> Answer:
    """GET …/metrics/searches."""
    _bounds(call)
    return as_json({"searches_created_count": 0})


def active_users(call: Call) -> Answer:
    """GET …/metrics/active-users: the people with enough sessions in the whole time."""
    after, before = _bounds(call)
    return as_json(_window(call, after, before, _made(call, after, before)))


def daily_active_users(call: Call) -> Answer:
    """GET …/metrics/dau: a bare array."""
    return as_json(_windows(call, DAY))


def weekly_active_users(call: Call) -> Answer:
    """GET …/metrics/wau."""
    return as_json(_windows(call, WEEK))


def monthly_active_users(call: Call) -> Answer:
    """GET …/metrics/mau."""
    return as_json(_windows(call, MONTH))


# ---------------------------------------------------------------- which sessions


def _bounds(call: Call) -> tuple[int, int]:
    after, before = (integer(call.query, name) for name in ("time_after", "time_before"))
    if after is None or before is None:
        raise invalid("query", "time_after" if after is None else "time_before", "Field required", "missing")
    return after, before


def _made(call: Call, after: float, before: float) -> list[Session]:
    """The sessions that were created in this time in the organisations asked for."""
    org_ids = call.query.getall("org_ids", [])
    return [
        session
        for session in call.sessions
        if after <= session.created_at < before and (not org_ids or session.org_id in org_ids)
    ]


def _filtered(call: Call) -> list[Session]:
    playbook_id = call.query.get("playbook_id")
    users, service_users = (call.query.getall(name, []) for name in ("user_ids", "service_user_ids"))
    return [
        session
        for session in _made(call, *_bounds(call))
        if playbook_id in {None, session.playbook_id}
        and (not users or session.user_id in users)
        and (not service_users or session.service_user_id in service_users)
    ]


# ---------------------------------------------------------------- counts


def _pull_request_states(sessions: Iterable[Session]) -> Counter[str | None]:
    return Counter(request["pr_state"] for session in sessions for request in session.pull_requests)


def _by_size(sessions: Iterable[Session]) -> dict[str, int]:
    sizes = Counter(size_of(session.acus_consumed) for session in sessions)
    return {size: sizes[size] for size in SIZES}


def _windows(call: Call, length: int) -> list[dict[str, int]]:
    """One row for each part of `length` seconds, as far as time has come."""
    after, before = _bounds(call)
    after = max(after, 0)
    inside = defaultdict(list)
    for session in _made(call, after, before):
        inside[(session.created_at - after) // length].append(session)
    end = min(before, call.world.seconds() + 1)
    starts = takewhile(lambda start: start < end, count(after, length))
    return [_window(call, start, min(start + length, before), inside[number]) for number, start in enumerate(starts)]


def _window(call: Call, start: int, end: int, sessions: Sequence[Session]) -> dict[str, Any]:
    least = _least(call, "min_sessions")
    _least(call, "min_searches")  # nobody searches, so it decides nothing
    people = Counter(session.user_id for session in sessions if session.user_id is not None)
    return {"start_time": start, "end_time": end, "active_users": sum(made >= least for made in people.values())}


def _least(call: Call, name: str) -> int:
    value = integer(call.query, name)
    if value is not None and value < 0:
        raise invalid("query", name, "Input should be greater than or equal to 0", "greater_than_equal")
    return 1 if value is None else value
