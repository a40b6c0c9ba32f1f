"""What was spent, by billing day: of an organisation, all of them, one person, one service user or one session."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from bot.playground.devin.paging import integer
from bot.playground.devin.route import Answer, Call, as_json, page
from bot.playground.devin.session import Session
from bot.playground.devin.state import DAY, World, billing_day

PRODUCTS: Final = ("devin", "cascade", "terminal", "review")
NO_ORGANIZATION: Final = ""
Days = Mapping[int, Mapping[str, float]]
"""ACUs by product, by the instant at which their billing day began."""


def org_daily(call: Call) -> Answer:
    """GET …/consumption/daily of one organisation, also under the enterprise."""
    return _daily(call, _of_organisations(call.world, [call.org_id]))


def enterprise_daily(call: Call) -> Answer:
    """GET /v3/enterprise/consumption/daily: all organisations together, and what was used in none of them."""
    org_ids = [held["org_id"] for held in call.world.held.organizations]
    return _daily(call, _of_organisations(call.world, [*org_ids, NO_ORGANIZATION]))


def user_daily(call: Call) -> Answer:
    """GET …/consumption/daily/users/{user_id}: the sessions that belong to a person."""
    user_id = call.path["user_id"]
    return _daily(call, _of_sessions(session for session in call.sessions if session.user_id == user_id))


def service_user_daily(call: Call) -> Answer:
    """GET …/consumption/daily/service-users/{service_user_id}."""
    own_id = call.path["service_user_id"]
    return _daily(call, _of_sessions(session for session in call.sessions if session.service_user_id == own_id))


def session_daily(call: Call) -> Answer:
    """GET …/consumption/daily/sessions/{session_id}; the id is taken in either form."""
    return _daily(call, _of_sessions([call.world.session(call.path["session_id"], call.path.get("org_id"))]))


def _daily(call: Call, days: Days) -> Answer:
    after, before = integer(call.query, "time_after"), integer(call.query, "time_before")
    rows: list[dict[str, Any]] = [
        {"date": day, "acus": round(sum(products.values()), 6), "acus_by_product": _products(products)}
        for day, products in sorted(days.items())
        if (after is None or day >= after) and (before is None or day < before) and _is_listed(call.world, day)
    ]
    return as_json({"total_acus": round(sum(row["acus"] for row in rows), 6), "consumption_by_date": rows})


def _is_listed(world: World, day: int) -> bool:
    late = world.switches.listed_after
    return day not in world.held.left_out and (not late or world.now() >= day + DAY + late)


def _products(products: Mapping[str, float]) -> dict[str, float]:
    return {name: round(products.get(name, 0.0), 6) for name in PRODUCTS}


def _of_organisations(world: World, org_ids: Collection[str]) -> Days:
    held = world.held
    days: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for org_id, day in held.spent.keys() | held.figures.keys():
        if org_id in org_ids:
            # A figure that was set stands; what sessions spent counts on days without one.
            for name, acus in held.figures.get((org_id, day), {"devin": held.spent[org_id, day]}).items():
                days[day][name] += acus
    return days


def _of_sessions(sessions: Iterable[Session]) -> Days:
    days: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for session in sessions:
        for day, acus in session.spent.items():
            days[day]["devin"] += acus
    return days


def list_cycles(call: Call) -> Answer:
    """GET /v3/enterprise/consumption/cycles, newest first."""
    held = call.world.held.cycles
    return page(call, "cycles", _months(call.world.now()) if held is None else held)


def list_acu_limits(call: Call) -> Answer:
    """GET /v3/enterprise/consumption/acu-limits/devin."""
    return page(call, "acu_limits", call.world.held.acu_limits)


def get_agent_acu_limits(call: Call) -> Answer:
    """GET /v3beta1/…/consumption/acu-limits of an organisation. A kind of agent without a limit is left out."""
    organization = call.world.organization(call.org_id)
    return as_json(call.world.held.agent_acu_limits.get(organization["org_id"], {}))


def _months(now: float, count: int = 3) -> list[dict[str, int]]:
    # Thirty billing days each: the vendor does not say how long a cycle is.
    start = billing_day(now) - billing_day(now) // DAY % 30 * DAY
    return [{"after": start - back * 30 * DAY, "before": start - (back - 1) * 30 * DAY} for back in range(count)]
