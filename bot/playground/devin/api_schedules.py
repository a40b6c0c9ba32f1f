"""The schedules of an organisation. They are kept and never run: no test waits for a cron expression."""

from datetime import UTC, datetime
from typing import Any, Final

from bot.playground.devin import body
from bot.playground.devin.api_sessions import impersonated
from bot.playground.devin.paging import integer
from bot.playground.devin.problems import invalid, not_found
from bot.playground.devin.route import Answer, Call, as_json, page
from bot.playground.devin.state import World

DEFAULT_LIMIT: Final = 100


def _cron(value: Any) -> str | None:
    if wrong := body.STRING(value):
        return wrong
    return None if len(value.split()) == 5 else "Input should be a cron expression with five fields"


def _moment(value: Any) -> str | None:
    if wrong := body.STRING(value):
        return wrong
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "Input should be a valid datetime"
    return None


_ALWAYS_SET: Final[dict[str, body.Check]] = {
    "name": body.STRING,
    "prompt": body.STRING,
    "schedule_type": body.one_of("recurring", "one_time"),
    "interval_count": body.positive,
    "agent": body.one_of("devin", "data_analyst", "advanced"),
    "notify_on": body.one_of("always", "failure", "never"),
    "bypass_approval": body.BOOLEAN,
}
_NULLABLE: Final[dict[str, body.Check]] = {
    "frequency": body.nullable(_cron),
    "scheduled_at": body.nullable(_moment),
    "tags": body.nullable(body.tags),
    "target_devin_id": body.nullable(body.STRING),
    "slack_team_id": body.nullable(body.STRING),
    "slack_channel_id": body.nullable(body.STRING),
    "platform": body.nullable(body.STRING),
}
_CREATE: Final = (
    _ALWAYS_SET | _NULLABLE | dict.fromkeys(("playbook_id", "create_as_user_id"), body.nullable(body.STRING))
)
_CHANGE: Final[dict[str, body.Check]] = {
    **{name: body.nullable(check) for name, check in _ALWAYS_SET.items()},
    **_NULLABLE,
    "playbook_id": body.nullable(body.STRING),
    "run_as_user_id": body.nullable(body.STRING),
    "enabled": body.nullable(body.BOOLEAN),
}
# https://docs.devin.ai/api-reference/v3/schedules/post-organizations-schedules
_TIMED_BY: Final = {"recurring": ("frequency",), "one_time": ("scheduled_at",)}
_DEFAULTS: Final[dict[str, Any]] = {
    "schedule_type": "recurring",
    "interval_count": 1,
    "agent": "devin",
    "notify_on": "failure",
    "bypass_approval": False,
}


def list_schedules(call: Call) -> Answer:
    """GET …/schedules: by `limit` and `offset`, unlike all other lists, in the usual envelope."""
    limit, offset = _number(call, "limit", DEFAULT_LIMIT, 1), _number(call, "offset", 0, 0)
    if limit > DEFAULT_LIMIT:  # not documented: what clients send
        raise invalid("query", "limit", f"Input should be less than or equal to {DEFAULT_LIMIT}", "less_than_equal")
    rows = _schedules(call)
    told = {"end_cursor": None, "has_next_page": offset + limit < len(rows), "total": len(rows)}
    return as_json({"items": rows[offset : offset + limit], **told})


def create_schedule(call: Call) -> Answer:
    """POST …/schedules."""
    order, world = call.body(), call.world
    body.check(order, _CREATE, "name", "prompt", *_TIMED_BY.get(str(order.get("schedule_type", "recurring")), ()))
    user_id, at = impersonated(world, order.get("create_as_user_id")), _now(world)
    schedule = {
        "scheduled_session_id": f"sched-{world.new_id('schedule')}",
        "org_id": call.org_id,
        "enabled": True,
        **_DEFAULTS,
        **dict.fromkeys(_NULLABLE),
        **{name: order[name] for name in _ALWAYS_SET | _NULLABLE if name in order},
        "playbook": _playbook(world, order.get("playbook_id")),
        "consecutive_failures": 0,
        **dict.fromkeys(("last_executed_at", "last_error_at", "last_error_message", "last_edited_by")),
        "created_at": at,
        "created_by": user_id or world.service_user_id,
        "updated_at": at,
    }
    world.held.schedules.append(schedule)
    return as_json(schedule)


def get_schedule(call: Call) -> Answer:
    """GET …/schedules/{schedule_id}."""
    return as_json(_schedule(call))


def change_schedule(call: Call) -> Answer:
    """PATCH …/schedules/{schedule_id}: a null empties what may be empty, and leaves the rest as it is."""
    schedule, order, world = _schedule(call), call.body(), call.world
    body.check(order, _CHANGE)
    impersonated(world, order.get("run_as_user_id"))
    kept = [name for name in (*_ALWAYS_SET, "enabled") if order.get(name) is not None]
    changes = {name: order[name] for name in (*kept, *_NULLABLE) if name in order}
    if "playbook_id" in order:
        changes["playbook"] = _playbook(world, order["playbook_id"])
    schedule |= changes | {"updated_at": _now(world), "last_edited_by": world.service_user_id}
    return as_json(schedule)


def delete_schedule(call: Call) -> Answer:
    """DELETE …/schedules/{schedule_id}: answers with what was deleted."""
    schedule = _schedule(call)
    call.world.held.schedules.remove(schedule)
    return as_json(schedule)


def list_automations(call: Call) -> Answer:
    """GET …/automations: a newer endpoint, which not every organisation has."""
    if call.world.held.automations is None:
        raise not_found("Automation")
    return page(call, "automations", call.world.held.automations, most=100)  # not documented: what clients send


def _schedules(call: Call) -> list[dict[str, Any]]:
    return [schedule for schedule in call.world.held.schedules if schedule["org_id"] == call.org_id]


def _schedule(call: Call) -> dict[str, Any]:
    for schedule in _schedules(call):
        if schedule["scheduled_session_id"] == call.path["schedule_id"]:
            return schedule
    raise not_found("Schedule")


def _playbook(world: World, playbook_id: str | None) -> dict[str, Any] | None:
    if playbook_id is None:
        return None
    return {name: world.playbook(playbook_id)[name] for name in ("playbook_id", "title")}


def _number(call: Call, name: str, usual: int, least: int) -> int:
    value = integer(call.query, name)
    if value is not None and value < least:
        raise invalid("query", name, f"Input should be greater than or equal to {least}", "greater_than_equal")
    return usual if value is None else value


def _now(world: World) -> str:
    return datetime.fromtimestamp(world.seconds(), UTC).isoformat().replace("+00:00", "Z")
