"""What happens to a session: it is created, spoken to, woken, stopped; it speaks, spends and opens PRs."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from bot.playground.devin.problems import ProblemError
from bot.playground.devin.session import (
    ENDED,
    FIELDS,
    LIMIT_DETAILS,
    PREFIX,
    Attachment,
    Message,
    Session,
    Step,
    shown_id,
)
from bot.playground.devin.state import World, billing_day

QUEUED: Final = frozenset({"new", "claimed", "resuming"})
SETTABLE: Final = frozenset(FIELDS) - {"org_id"}


def create(world: World, prompt: str, **facts: Any) -> Session:
    """A new session whose first user message is the prompt."""
    at = world.seconds()
    session = Session(
        number=world.serial("session"),
        bare_id=world.new_id("session-id"),
        org_id=facts.pop("org_id", world.org_id),
        prompt=prompt,
        created_at=facts.pop("created_at", at),
        updated_at=facts.pop("updated_at", at),
        **facts,
    )
    add_message(world, session, "user", prompt, at=session.created_at)
    return world.keep(session)


def add_message(
    world: World, session: Session, source: str, text: str, *, at: int | None = None, user_id: str | None = None
) -> Message:
    """Write one line into the conversation."""
    message = Message(
        event_id=f"event-{world.new_id('event')}",
        source=source,
        message=text,
        created_at=world.seconds() if at is None else at,
        user_id=user_id,
    )
    session.messages.append(message)
    return message


def say(world: World, session: Session, text: str) -> Message:
    """Devin says something."""
    message = add_message(world, session, "devin", text)
    world.touch(session, moves=not world.switches.messages_leave_updated_at)
    return message


def receive(world: World, session: Session, text: str, *, user_id: str | None = None) -> Message:
    """Somebody writes to the session: refused when it is over, else stored, and it may wake."""
    _check_receives(world, session)
    message = add_message(world, session, "user", text, user_id=user_id)
    before = (session.status, session.status_detail)
    _stir(world, session)
    moved = (session.status, session.status_detail) != before
    world.touch(session, moves=moved or not world.switches.messages_leave_updated_at)
    world.on_message(session)
    return message


def _check_receives(world: World, session: Session) -> None:
    if session.terminated:
        raise ProblemError(409, "Session was terminated and cannot receive messages")
    if session.status in ENDED and world.switches.ended_messages_refused:
        raise ProblemError(409, "Session has ended and cannot receive messages")
    if session.is_archived and world.switches.archived_messages_refused:
        raise ProblemError(409, "Session is archived and cannot receive messages")


def _stir(world: World, session: Session) -> None:
    # Waiting for approval stays: no API call approves. Money and limits stay: a message pays nothing.
    if session.status == "running" and session.status_detail in {"waiting_for_user", "finished"}:
        session.status_detail = "working"
    if session.status == "suspended" and session.status_detail not in LIMIT_DETAILS:
        session.status, session.status_detail = "resuming", None
        session.waking = True
        world.held.waking.add(session)
        if world.switches.wake == "at_once":
            _awake(session)
            world.held.waking.discard(session)


def _awake(session: Session) -> None:
    session.waking = False
    if session.status == "resuming":
        session.status, session.status_detail = "running", "working"


def finish_waking(world: World) -> None:
    """Sessions that were written to while asleep are running by the next look at the API."""
    if world.switches.wake != "on_read" or not world.held.waking:
        return
    for session in world.held.waking:
        _awake(session)
        world.touch(session)
    world.held.waking.clear()


def fall_asleep(world: World) -> None:
    """Finished sessions in which nothing changed for a while fell asleep then, as the next call of the API shows."""
    if not world.switches.sleeps_after:
        return
    idle_for = world.switches.sleeps_after / world.pace()
    idle = takewhile(lambda held: held[1] + idle_for <= world.now(), world.held.finished.items())
    for session, since in [(session, since) for session, since in idle if not session.script]:
        _fall(world, session, "suspended", "inactivity")
        session.updated_at = int(since + idle_for)
        world.touch(session, moves=False)


def spend(world: World, session: Session, acus: float) -> None:
    """The session uses ACUs, which also count for the organisation's billing day."""
    session.acus_consumed = round(session.acus_consumed + acus, 6)
    day = billing_day(world.now())
    session.spent[day] = session.spent.get(day, 0.0) + acus
    world.held.spent[session.org_id, day] += acus
    world.touch(session)


def lower(world: World, session: Session, acus: float, day: int) -> None:
    """Devin corrects what the session used on a billing day, by so many ACUs less. A bill that was set stands."""
    used = session.spent.get(day, 0.0)
    if not 0 < acus <= used:
        raise ValueError(f"The session used {used:g} ACUs on this day.")
    session.acus_consumed = round(session.acus_consumed - acus, 6)
    session.spent[day] = round(used - acus, 6)
    world.held.spent[session.org_id, day] -= acus
    world.touch(session)


def put_pull_request(world: World, session: Session, url: str, state: str | None) -> None:
    """A pull request appears, or changes its state."""
    row: dict[str, str | None] = {"pr_url": url, "pr_state": state}
    others = [held for held in session.pull_requests if held["pr_url"] != url]
    if len(others) == len(session.pull_requests):
        session.pull_requests = [*others, row]
    else:
        session.pull_requests = [row if held["pr_url"] == url else held for held in session.pull_requests]
    world.touch(session)


def change(world: World, session: Session, facts: dict[str, Any], *, moves: bool = True) -> None:
    """Set any field; one the contract does not know is told as an extra one."""
    for name, value in facts.items():
        if name in SETTABLE:
            setattr(session, name, value)
        else:
            session.extra[name] = value
    if "created_at" in facts:
        world.held.by_age.sort(key=lambda held: held.key)
    world.touch(session, moves=moves and "updated_at" not in facts)


def apply(world: World, session: Session, step: Step) -> None:
    """Do one step of a script: state first, then what it brings, then what Devin says about it."""
    if step.status is not None:
        session.status, session.status_detail = step.status, step.status_detail
    elif step.status_detail is not None:
        session.status_detail = step.status_detail
    session.title = step.title or session.title
    session.structured_output = step.structured_output or session.structured_output
    if step.pull_request is not None:
        put_pull_request(world, session, str(step.pull_request["url"]), step.pull_request.get("state"))
    if step.acus:
        spend(world, session, step.acus)
    world.touch(session)
    if step.say is not None:
        say(world, session, step.say)


def terminate(world: World, session: Session, *, archive: bool = False) -> None:
    """End it for good."""
    _fall(world, session, "exit", None)
    session.script.clear()
    session.is_archived = session.is_archived or archive
    if not session.terminated:
        world.audit("terminate_session", session.org_id, {"session_id": PREFIX + session.bare_id})
    session.terminated = True
    world.touch(session)


def archive(world: World, session: Session) -> None:
    """Put it to sleep and away; an ended one only goes away."""
    session.is_archived = True
    if session.status not in ENDED and session.status != "suspended":
        _fall(world, session, "suspended", "user_request")
        world.audit("sleep_session", session.org_id, {"session_id": PREFIX + session.bare_id})
    world.touch(session)


def unarchive(world: World, session: Session) -> None:
    """Bring it back, still asleep."""
    session.is_archived = False
    world.touch(session)


def _fall(world: World, session: Session, status: str, detail: str | None) -> None:
    session.waking = False
    world.held.waking.discard(session)
    session.status, session.status_detail = status, detail


def attach(world: World, session: Session, source: str, urls: Sequence[str]) -> None:
    """Hang files on the session."""
    for url in urls:
        session.attachments.append((source, _file_at(world, url)))


def mention(urls: Sequence[str]) -> str:
    """The text that stands for files in a message."""
    return "".join(f'\nATTACHMENT:"{url}"' for url in urls)


def _file_at(world: World, url: str) -> Attachment:
    for held in world.held.attachments.values():
        if held.url == url:
            return held
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or "file"
    return Attachment(f"att-{world.new_id('attachment')}", name, url, b"")


def snapshot(world: World, session: Session) -> dict[str, Any]:
    """The session as the control API tells it: with what the API hides, and the whole conversation."""
    told = {name: getattr(session, name) for name in FIELDS}
    hidden = {
        "session_id": shown_id(session, world.switches),
        "bare_id": session.bare_id,
        "prompt": session.prompt,
        "request": session.request,
        "terminated": session.terminated,
        "steps_left": len(session.script),
        "paused": session.paused,
        "messages": [message.row() | {"user_id": message.user_id} for message in session.messages],
        "attachments": [file.name for _, file in session.attachments],
    }
    return session.extra | told | hidden
