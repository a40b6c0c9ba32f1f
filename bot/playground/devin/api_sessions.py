"""The session endpoints: create, look, list, stop, archive, talk, tag, insights."""

from collections.abc import Callable
from typing import Any, Final

from bot.playground.devin import body, life
from bot.playground.devin.filters import KNOWN, boolean, tests_for
from bot.playground.devin.paging import Listing
from bot.playground.devin.permissions import allows
from bot.playground.devin.problems import ProblemError, forbidden, invalid
from bot.playground.devin.route import Answer, Call, as_json
from bot.playground.devin.session import (
    PREFIX,
    Message,
    Session,
    brief_row,
    encoded_row,
    insight_row,
    shown_id,
)
from bot.playground.devin.state import World
from bot.playground.devin.switches import Switches

# Two public sources of October 2026 have the last three beside those of the documented contract.
MODES: Final = ("normal", "fast", "lite", "ultra", "fusion", "swe-2-medium", "swe-2-high", "swe-2-max")
PLATFORMS: Final = ("linux",)
MAX_SCHEMA: Final = 64 * 1024

_CREATE: Final[dict[str, body.Check]] = {
    "prompt": body.STRING,
    "title": body.nullable(body.STRING),
    "tags": body.nullable(body.tags),
    "repos": body.nullable(body.strings),
    "playbook_id": body.nullable(body.STRING),
    "child_playbook_id": body.nullable(body.STRING),
    "knowledge_ids": body.nullable(body.strings),
    "secret_ids": body.nullable(body.strings),
    "attachment_urls": body.nullable(body.urls),
    "session_links": body.nullable(body.strings),
    "max_acu_limit": body.nullable(body.positive),
    "create_as_user_id": body.nullable(body.STRING),
    "bypass_approval": body.nullable(body.BOOLEAN),
    "devin_mode": body.nullable(body.one_of(*MODES)),
    "platform": body.nullable(body.STRING),
    "resumable": body.BOOLEAN,  # the one optional field that does not accept null
    "structured_output_schema": body.nullable(body.OBJECT),
    "structured_output_required": body.nullable(body.BOOLEAN),
}
_MESSAGE: Final[dict[str, body.Check]] = {
    "message": body.STRING,
    "message_as_user_id": body.nullable(body.STRING),
    "attachment_urls": body.nullable(body.urls),
}


def create_session(call: Call) -> Answer:
    """POST …/sessions."""
    order = call.body()
    body.check(order, _CREATE, "prompt")
    _check_rules(call.world, order)
    user_id = impersonated(call.world, order.get("create_as_user_id"))
    urls = order.get("attachment_urls") or []
    session = life.create(
        call.world,
        order["prompt"] + life.mention(urls),
        org_id=call.org_id,
        title=order.get("title"),
        tags=list(dict.fromkeys(order.get("tags") or [])),
        repos=order.get("repos") or [],
        playbook_id=order.get("playbook_id"),
        devin_mode=order.get("devin_mode") or "normal",
        user_id=user_id,
        # The session then belongs to that person, not to the caller.
        service_user_id=None if user_id else call.world.service_user_id,
        request=order,
    )
    life.attach(call.world, session, "user", urls)
    call.world.audit("create_session", call.org_id, {"session_id": PREFIX + session.bare_id})
    call.world.on_created(session)
    return _brief(call.world, session)


def _check_rules(world: World, order: dict[str, Any]) -> None:
    if world.switches.tags_refused and order.get("tags"):
        raise invalid("body", "tags", "Tags are not allowed for this organization")
    if len(as_json(order.get("structured_output_schema"))) > MAX_SCHEMA:
        raise invalid("body", "structured_output_schema", "Schema should be at most 64 KB")
    if world.switches.out_of_quota:
        raise ProblemError(403, "out_of_quota")
    mode, platform = order.get("devin_mode"), order.get("platform")
    if mode in world.switches.modes_refused:
        raise ProblemError(400, f"devin_mode '{mode}' is not available for this organization")
    if platform is not None and platform not in PLATFORMS:
        raise ProblemError(400, f"Unknown platform '{platform}'. Valid platforms: {', '.join(PLATFORMS)}")
    if order.get("playbook_id") is not None:
        world.playbook(order["playbook_id"])


def impersonated(world: World, user_id: str | None) -> str | None:
    """The person to act as, if that is asked for and may be done."""
    if user_id is None:
        return None
    if not allows(world.permissions, "ImpersonateOrgSessions"):
        raise forbidden("ImpersonateOrgSessions")
    if not world.member(user_id).can_use_devin:
        raise ProblemError(403, "Target user lacks the required permission: UseDevinSessions")
    return user_id


def get_session(call: Call) -> Answer:
    """GET …/sessions/{devin_id}."""
    life.finish_waking(call.world)
    return encoded_row(call.session, call.world.switches)


def list_sessions(call: Call) -> Answer:
    """GET …/sessions: newest first, each row as complete as a get."""
    life.finish_waking(call.world)
    return _listing(call, encoded_row).page(call.query)


def list_insights(call: Call) -> Answer:
    """GET …/sessions/insights: the list with message counts."""
    _check_insights(call.world)
    return _listing(call, lambda session, switches: as_json(insight_row(session, switches))).page(call.query)


def get_insights(call: Call) -> Answer:
    """GET …/sessions/{devin_id}/insights."""
    _check_insights(call.world)
    return as_json(insight_row(call.session, call.world.switches))


def generate_insights(call: Call) -> Answer:
    """POST …/insights/generate: once; the analysis is there at the next look."""
    _check_insights(call.world)
    session = call.session
    status = "started" if session.analysis is None else "already_exists"
    session.analysis = session.analysis or _analysis(session)
    call.world.touch(session, moves=False)
    return as_json({"session_id": shown_id(session, call.world.switches), "status": status})


def _analysis(session: Session) -> dict[str, Any]:
    """A plain analysis in the form of the contract."""
    opened = {
        "title": "Opened a pull request",
        "description": "What was asked for is ready for review.",
        "color": "green",
    }
    timeline = [{"title": "Started", "description": "Read what was asked for.", "color": None, "issue_id": None}]
    return {
        "action_items": [],
        "classification": {
            "category": session.category or "other",
            "confidence": 0.5,
            "programming_languages": [],
            "tools_and_frameworks": [],
        },
        "issues": [],
        "note_usage": {"good_usages": [], "bad_usages": []},
        "suggested_prompt": None,
        "timeline": timeline + [opened | {"issue_id": None}] * bool(session.pull_requests),
    }


def _check_insights(world: World) -> None:
    if world.switches.insights_status == 403:
        raise forbidden("ViewOrgSessions")
    if world.switches.insights_status == 404:
        raise ProblemError(404, "Resource not found")
    life.finish_waking(world)


def _listing(call: Call, write: Callable[[Session, Switches], bytes]) -> Listing[Session]:
    switches = call.world.switches
    return Listing(
        kind="sessions",
        rows=_filtered(call),
        key=lambda session: session.key,
        write=lambda session: write(session, switches),
        last_cursor=switches.last_page_cursor,
    )


def _filtered(call: Call) -> list[Session]:
    world = call.world
    tests = tests_for(call.query, world.switches)
    asked = tuple(sorted((name, value) for name, value in call.query.items() if name in KNOWN))
    # The pages of one walk ask the same thing: filter once for all of them.
    cache_key = (world.version, call.org_id, asked)
    if world.filtered is None or world.filtered[0] != cache_key:
        rows = [
            session
            for session in world.held.by_age
            if session.org_id == call.org_id and all(test(session) for test in tests)
        ]
        world.filtered = (cache_key, rows)
    return world.filtered[1]


def terminate_session(call: Call) -> Answer:
    """DELETE …/sessions/{devin_id}."""
    life.terminate(call.world, session := call.session, archive=boolean(call.query, "archive"))
    return _brief(call.world, session)


def archive_session(call: Call) -> Answer:
    """POST …/archive: sleep, nothing is lost."""
    life.archive(call.world, session := call.session)
    return _brief(call.world, session)


def unarchive_session(call: Call) -> Answer:
    """POST …/unarchive."""
    life.unarchive(call.world, session := call.session)
    return _brief(call.world, session)


def list_messages(call: Call) -> Answer:
    """GET …/messages: oldest first unless switched, without a total."""
    sign = -1 if call.world.switches.messages_newest_first else 1
    listing: Listing[tuple[int, Message]] = Listing(
        kind="messages",
        rows=list(enumerate(call.session.messages, start=1))[::sign],
        key=lambda row: (sign * row[0],),
        write=lambda row: as_json(row[1].row()),
        with_total=False,
        last_cursor=call.world.switches.last_page_cursor,
    )
    return listing.page(call.query)


def send_message(call: Call) -> Answer:
    """POST …/messages: answers with the session, not with the message."""
    session, order = call.session, call.body()
    body.check(order, _MESSAGE, "message")
    user_id = impersonated(call.world, order.get("message_as_user_id"))
    urls = order.get("attachment_urls") or []
    life.receive(call.world, session, order["message"] + life.mention(urls), user_id=user_id)
    life.attach(call.world, session, "user", urls)
    return _brief(call.world, session)


def get_tags(call: Call) -> Answer:
    """GET …/tags."""
    return as_json({"tags": call.session.tags})


def append_tags(call: Call) -> Answer:
    """POST …/tags: add, without doubles."""
    session = call.session
    return _put_tags(call, session, [*session.tags, *_tags_of(call)])


def replace_tags(call: Call) -> Answer:
    """PUT …/tags."""
    return _put_tags(call, call.session, _tags_of(call))


def _tags_of(call: Call) -> list[str]:
    order = call.body()
    body.check(order, {"tags": body.tags}, "tags")
    tags: list[str] = order["tags"]
    return tags


def _put_tags(call: Call, session: Session, tags: list[str]) -> Answer:
    distinct = list(dict.fromkeys(tags))
    if call.world.switches.tags_refused and distinct:
        raise invalid("body", "tags", "Tags are not allowed for this organization")
    if len(distinct) > body.MAX_TAGS:
        raise invalid("body", "tags", "A session can have at most 50 tags", "too_long")
    session.tags = distinct
    call.world.touch(session)
    return as_json({"tags": distinct})


def list_attachments(call: Call) -> Answer:
    """GET …/sessions/{devin_id}/attachments: a bare array, no envelope."""
    rows = [
        {
            "attachment_id": file.attachment_id,
            "name": file.name,
            "url": file.url,
            "source": source,
            "content_type": file.content_type,
        }
        for source, file in call.session.attachments
    ]
    return as_json({"items": rows} if call.world.switches.attachments_in_items else rows)


def _brief(world: World, session: Session) -> Answer:
    return as_json(brief_row(session, world.switches))
