"""`python -m bot doctor --live --as U…`: tries on the real Slack and Devin what the bot sends and reads there.

All that is posted stands in one thread of the admin's direct messages and is deleted at the end. The Home tab that is
published is theirs as the bot draws it. No session is started.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx

from bot.config import Settings, on_this_machine
from bot.connect import StartError
from bot.devin.client import Devin
from bot.devin.errors import DevinError, DevinForbidden, DevinInvalid, DevinNotFound
from bot.devin.paging import read_first
from bot.doctor import examples
from bot.doctor.devin import ONE_ATTEMPT
from bot.doctor.devin_key import MALFORMED_KEY
from bot.doctor.home_tab import home_tab
from bot.doctor.permissions import NO_SESSION
from bot.slack.client import Slack
from bot.slack.errors import ScopeMissing, SlackError, SlackOutcomeUnknown, SlackRateLimited, SlackRefused
from bot.timing import DAY, PRODUCTION
from bot.version import VERSION
from bot.views.agent_status import OVER, READY, WAITING, WORKING
from bot.views.message import Message
from bot.views.text import fitted, one_line

PASSED, REFUSED, NOT_TRIED = "passed", "refused", "not tried"
BEGINS: Final = "Devin Bridge is checking this workspace. This thread deletes itself in about a minute."
LONGEST_WORDS: Final = 300
TRIES: Final = 5  # of a call that Slack asks to make later
LOOKS: Final = 20  # for a file that was shared
FILE: Final = ("devin-bridge-check.csv", b"day,acus\n2026-12-01,1.5\n")
NOTE: Final = ("Devin Bridge check", "Delete this note if you find it.", "never")
_UNKNOWN_METHOD: Final = "unknown_method"

_T = TypeVar("_T")


class UnmetError(Exception):
    """The service took the call, and something else came of it. `error` is one word for the JSON."""

    def __init__(self, error: str, said: str) -> None:
        super().__init__(said)
        self.error = error


class NotTriedError(Exception):
    """What the check needs isn't there; the text says what."""


@dataclass(slots=True)
class Live:
    """Where the checks are made, as whom, and what is to be undone at the end, last thing first."""

    settings: Settings
    slack: Slack
    devin: Devin
    user: str
    channel: str = ""
    thread: str = ""
    since: float = field(default_factory=time.time)
    key: str = field(default_factory=lambda: f"doctor:{uuid4().hex}")
    posts: int = 0
    can_validate: bool = True
    undo: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def post(self, message: Message) -> str:
        """Post a message into the thread, or as the one that begins it, and have it deleted at the end."""
        if not self.channel:
            raise NotTriedError("there's no DM to post in")
        self.posts += 1
        key, thread = f"{self.key}:{self.posts}", self.thread or None
        ts: str | None = None
        try:
            ts = await patient(
                lambda: self.slack.post(self.channel, message.text, message.blocks, key=key, thread_ts=thread)
            )
        except SlackOutcomeUnknown:
            ts = await self.slack.find(self.channel, thread, key, self.since)
            raise
        finally:
            # A kill right here leaves one message, which says that it may be deleted.
            if ts is not None:
                self.undo.append(partial(self.slack.delete, self.channel, ts))
        return ts

    async def validate(self, **payload: Any) -> bool:
        """Have Slack check a payload, unless this workspace has no such method: then posting it has to do."""
        if self.can_validate:
            try:
                await patient(lambda: self.slack.validate(**payload))
            except SlackRefused as refused:
                if refused.error != _UNKNOWN_METHOD:
                    raise
                self.can_validate = False
        return self.can_validate


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to try: its name, what it is, what doesn't work without it, and the calls."""

    name: str
    what: str
    without: str
    do: Callable[[Live], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check. `said` has the service's own words, which no JSON repeats."""

    check: Check
    state: str
    seconds: float = 0.0
    error: str = ""
    said: str = ""
    where: tuple[str, ...] = ()


async def patient(call: Callable[[], Awaitable[_T]]) -> _T:
    """Make a call of Slack's, and again when Slack asks to make it later."""
    for _ in range(TRIES):
        try:
            return await call()
        except SlackRateLimited as limited:
            await asyncio.sleep(limited.retry_after)
    return await call()


# ---------------------------------------------------------------- what is tried at Slack


async def _token(live: Live) -> None:
    await live.slack.auth_test()


async def _direct(live: Live) -> None:
    live.channel = await live.slack.direct(live.user)


async def _thread(live: Live) -> None:
    live.thread = await live.post(Message(BEGINS))


async def _metadata(live: Live) -> None:
    ts = await live.post(Message("Metadata"))
    if await live.slack.find(live.channel, live.thread, f"{live.key}:{live.posts}", live.since) != ts:
        raise UnmetError("metadata_missing", "The message came back without its metadata.")


async def _edit(live: Live) -> None:
    drawn = examples.messages(live.user)
    ts = await live.post(drawn["card"])
    done = drawn["card_that_is_done"]
    await patient(lambda: live.slack.update(live.channel, ts, done.text, done.blocks, live.key))


async def _statuses(live: Live) -> None:
    _needs_thread(live)
    for status in (WORKING, WAITING, READY, OVER):
        await patient(
            partial(live.slack.show_agent, live.channel, live.thread, status, "Devin Bridge check", live.user)
        )


async def _reaction(live: Live) -> None:
    _needs_thread(live)
    await patient(lambda: live.slack.react(live.channel, live.thread, "eyes"))
    await patient(lambda: live.slack.unreact(live.channel, live.thread, "eyes"))


async def _file(live: Live) -> None:
    _needs_thread(live)
    name, content = FILE
    file = await patient(lambda: live.slack.upload(name, BytesIO(content)))
    live.undo.append(partial(live.slack.delete_file, file.id))
    await patient(lambda: live.slack.share(live.channel, [file], thread_ts=live.thread))
    for _ in range(LOOKS):  # Slack answers first, and shares a moment later
        ts = await live.slack.find_files(live.channel, live.thread, [file.id], live.since)
        if ts is not None:
            break
        await asyncio.sleep(PRODUCTION.share_check)
    else:
        raise UnmetError("file_not_shared", "The file was taken, but no message shares it.")
    live.undo.append(partial(live.slack.delete, live.channel, ts))
    into = BytesIO()
    await live.slack.download(await live.slack.file(file.id), into)
    if into.getvalue() != content:
        raise UnmetError("file_changed", "The file came back with other content.")


async def _post_example(live: Live, name: str) -> None:
    message = examples.messages(live.user)[name]
    if message.blocks:
        await live.validate(message={"blocks": message.blocks})
    await live.post(message)


async def _form(live: Live, name: str) -> None:
    view = dict(examples.modals(live.user)[name])
    if not await live.validate(view=view):
        await live.post(Message(name, view["blocks"]))


async def _home(live: Live) -> None:
    await live.validate(view={"type": "home", "blocks": examples.home_tab(live.user).blocks})
    try:
        shown = await home_tab(live.settings, live.slack, live.devin, live.user)
    except StartError as error:
        raise NotTriedError(str(error)) from None
    if shown is None:
        raise NotTriedError("the bot shows no Home tab to people of other companies")
    # It is left there: a crash right here has shown what the bot shows, too.
    await patient(lambda: live.slack.publish_home(live.user, shown.blocks))


def _needs_thread(live: Live) -> None:
    if not live.thread:
        raise NotTriedError("there's no message to try it on")


# ---------------------------------------------------------------- what is tried at Devin


async def _self(live: Live) -> None:
    await live.devin.self_()


async def _nothing_newer(live: Live) -> None:
    async for _ in live.devin.sessions(created_after=int(time.time()) + 1):
        raise UnmetError("filter_ignored", "Devin lists sessions that are older than requested.")


async def _conversation(live: Live) -> None:
    async for session in live.devin.sessions():
        await read_first(live.devin.message_pages(session.session_id))
        return
    raise NotTriedError("the organization has no session yet")


async def _names(live: Live) -> None:
    email = (await live.slack.person(live.user)).email
    if not email:
        raise NotTriedError("Slack doesn't show the bot your email address")
    members = await live.devin.members_by_email(email)
    if not members:
        raise UnmetError("person_unknown", "No Devin member has your email address.")
    try:  # a message to no session wakes and costs nothing; what is refused first is the name
        await live.devin.send_message(NO_SESSION, "ping", message_as_user_id=members[0].user_id)
    except (DevinNotFound, DevinInvalid):
        return


async def _new_note(live: Live) -> None:
    async def delete() -> None:
        async for note in live.devin.notes():
            if (note.name, note.body) == NOTE[:2]:
                await live.devin.delete_note(note.note_id)

    # By its name, so that the note goes too if the answer to its creation is lost. A kill right here leaves it: it is
    # off and says that it may be deleted, and the next run deletes it.
    live.undo.append(delete)
    await live.devin.create_note(*NOTE, is_enabled=False)


def _list(read: Callable[[Devin], AsyncIterator[object]]) -> Callable[[Live], Awaitable[None]]:
    async def first_page(live: Live) -> None:
        await read_first(read(live.devin))

    return first_page


def _now() -> int:
    return int(time.time())


async def _figures(live: Live) -> None:
    await live.devin.daily_consumption(_now() - int(DAY), _now())


async def _repositories(live: Live) -> None:
    await live.devin.repositories(most_pages=1)


async def _members(live: Live) -> None:
    await live.devin.members(most_pages=1)


# ---------------------------------------------------------------- the table

_POSTS: Final = (
    ("card", "status card", "Threads have no status card."),
    ("card_that_asks", "card of a session that asks", "The card doesn't show that Devin is waiting."),
    ("card_that_is_done", "card of a session that is done", "Cards don't show that a session is done."),
    ("devins_words", "Devin's message", "Devin's messages don't appear in the thread."),
    ("turn_end", "post that a session is done", "No one is told when Devin is done."),
    ("pull_request", "post about a pull request", "Pull requests aren't announced."),
    ("question", "question about an option", "A mistyped option stops a task without a question."),
    ("help", "help", "`/devin help` shows nothing."),
    ("admin_help", "help for admins", "`/devin help admin` shows nothing."),
    ("digest", "daily digest", "No digest is posted."),
    ("table", "table of figures", "Figures come as plain lists."),
    ("chart", "chart", "Charts come as pictures or as text."),
)
_FORMS: Final = (
    ("start_form", "form for a new session", "`/devin` alone and *New Devin session* open nothing."),
    ("note_form", "form for a note", "`/devin note add` opens nothing."),
    ("playbook_form", "form for a playbook", "`/devin playbook add` opens nothing."),
    ("schedule_form", "form for a schedule", "`/devin schedule add` opens nothing."),
    ("settings_form", "form for settings", "`/devin settings` opens nothing."),
    ("budget_form", "form for a budget", "`/devin budget set` opens nothing."),
    ("grant_form", "form for another amount", "*Another amount…* under a request for ACUs opens nothing."),
    ("done_window", "window of sessions that are done", "*Show all* in the Home tab opens nothing."),
)

CHECKS: Final = (
    Check("slack_token", "Slack's token", "Nothing works in Slack.", _token),
    Check("direct_message", "DM with you", "People get no DMs, and admins get no files.", _direct),
    Check("post", "message", "The bot can't post.", _thread),
    Check("metadata", "metadata of a message", "After a lost answer, a message might appear twice.", _metadata),
    Check("edit", "edit of a card", "Cards stay as they were first posted.", _edit),
    *(Check(name, what, without, partial(_post_example, name=name)) for name, what, without in _POSTS),
    *(Check(name, what, without, partial(_form, name=name)) for name, what, without in _FORMS),
    Check("home", "Home tab, shown to you until the bot redraws it", "The Home tab stays empty.", _home),
    Check("status", "agent status in a thread", "Slack shows no status and no Stop in threads.", _statuses),
    Check("reaction", "reaction", "Messages get no 👀 and no mark at the end.", _reaction),
    Check("file", "file upload and download", "Devin gets no attachments, and admins get no files.", _file),
    Check("devin_key", "Devin's key", "Nothing works in Devin.", _self),
    Check(
        "sessions",
        "list of sessions, created from now on",
        "Sessions aren't followed, or every poll reads all of them.",
        _nothing_newer,
    ),
    Check("messages", "messages of a session", "Devin's messages don't appear in the thread.", _conversation),
    Check(
        "insights",
        "list of message counts",
        "Devin's messages might appear later.",
        _list(lambda devin: devin.session_insight_pages(created_after=_now())),
    ),
    Check(
        "consumption",
        "ACUs of the last day",
        "Figures count only the bot's own sessions.",
        _figures,
    ),
    Check(
        "repositories",
        "list of repositories",
        "Forms list no repositories, and `repo=` suggests only earlier ones.",
        _repositories,
    ),
    Check(
        "playbooks",
        "list of playbooks",
        "`playbook=` accepts no titles, and `/devin playbook` shows nothing.",
        _list(lambda devin: devin.playbook_pages()),
    ),
    Check("notes", "list of notes", "`/devin note` shows nothing.", _list(lambda devin: devin.note_pages())),
    Check(
        "schedules",
        "list of schedules",
        "`/devin schedule` shows nothing.",
        _list(lambda devin: devin.schedule_pages()),
    ),
    Check(
        "automations",
        "list of automations",
        "`/devin schedule list` names no automations.",
        _list(lambda devin: devin.automations()),
    ),
    Check("secrets", "list of secrets", "`/devin secret` shows nothing.", _list(lambda devin: devin.secrets())),
    Check("members", "list of members", "`/devin members` shows nothing.", _members),
    Check(
        "organizations",
        "list of organizations",
        "`/devin orgs` shows one organization, and fan-outs reach no other.",
        _list(lambda devin: devin.organizations()),
    ),
    Check(
        "cycles",
        "list of billing cycles",
        "Figures use calendar months.",
        _list(lambda devin: devin.consumption_cycles()),
    ),
    Check("limits", "list of ACU limits", "`BOT_CYCLE_ACUS` is used instead.", _list(lambda devin: devin.acu_limits())),
    Check(
        "audit",
        "audit log",
        "`/devin audit` shows nothing.",
        _list(lambda devin: devin.audit_logs(_now() - 60, _now())),
    ),
    Check(
        "guardrails",
        "guardrail violations",
        "Admins aren't told of them.",
        _list(lambda devin: devin.guardrail_violations(_now() - 60)),
    ),
    Check("names", "your name on a session", "Sessions run in the bot's name.", _names),
)
CREATING: Final = (
    Check("new_note", "new note", "`/devin note add` and *Save as Devin knowledge* save nothing.", _new_note),
)
CLEANUP: Final = Check("cleanup", "cleaning up", "Delete what's left in your DM by hand.", _token)


# ---------------------------------------------------------------- running them


async def run_live(
    settings: Settings, user: str, *, create: bool, as_json: bool, write: Callable[[str], None] = print
) -> int:
    """Make all checks as `user`, clean up, write the report, and return the exit code."""
    token, key = settings.slack_bot_token.get_secret_value(), settings.devin_api_key.get_secret_value()
    async with (
        Slack(token, base_url=settings.slack_api_url) as slack,
        httpx.AsyncClient(trust_env=not on_this_machine(settings.devin_api_url)) as http,
    ):
        await _require_admin(slack, settings, user)
        try:
            devin = Devin(http, key, settings.devin_org_id, settings.devin_api_url, patience=ONE_ATTEMPT)
        except ValueError:
            raise StartError(f"{MALFORMED_KEY.what} {MALFORMED_KEY.fix}") from None
        results = await _tried(Live(settings, slack, devin, user), [*CHECKS, *(CREATING if create else ())])
    write(_json(results) if as_json else _report(results, settings.secrets))
    return int(any(result.state == REFUSED for result in results))


async def _require_admin(slack: Slack, settings: Settings, user: str) -> None:
    """Raise StartError unless `user` is an admin: nobody else is written to."""
    group = settings.bot_admin_group
    try:
        if user in settings.bot_admin_users or (group and user in await slack.group_members(group)):
            return
    except SlackError as error:
        raise StartError(
            f"Slack doesn't show who is in BOT_ADMIN_GROUP ({error.outcome}). Name yourself in BOT_ADMIN_USERS."
        ) from None
    raise StartError(f"{user} isn't an admin of Devin Bridge. Use an ID from BOT_ADMIN_USERS or BOT_ADMIN_GROUP.")


async def _tried(live: Live, checks: Iterable[Check]) -> list[Result]:
    results: list[Result] = []
    try:
        for check in checks:
            results.append(await _result(check, check.do(live)))  # noqa: PERF401 - what was tried counts after Ctrl-C too
    finally:
        results += await _cleaned_up(live)
    return results


async def _result(check: Check, done: Awaitable[None]) -> Result:
    started = time.perf_counter()
    state, error, said = PASSED, "", ""
    where: tuple[str, ...] = ()
    try:
        await done
    except NotTriedError as missing:
        state, said = NOT_TRIED, str(missing)
    except UnmetError as unmet:
        state, error, said = REFUSED, unmet.error, str(unmet)
    except SlackRefused as refused:
        state, error, where = REFUSED, refused.error, tuple(map(_pointer, refused.details))
        needed = f" (needs {refused.needed})" if isinstance(refused, ScopeMissing) and refused.needed else ""
        said = f"Slack says “{': '.join([f'{refused.error}{needed}', *refused.details])}”."
    except SlackError as failed:
        state, error, said = REFUSED, failed.outcome, f"Slack: {failed}."
    except DevinError as failed:
        state, error = REFUSED, f"{failed.status or 'no answer'}"
        needed = f" It needs {failed.needed}." if isinstance(failed, DevinForbidden) and failed.needed else ""
        said = f"Devin says “{failed.words or error}” ({error}).{needed}"
    return Result(check, state, time.perf_counter() - started, error, said, where)


async def _cleaned_up(live: Live) -> list[Result]:
    """Undo everything, last thing first. What can't be undone is one result, so that a person does it."""
    left: list[Result] = []
    for undo in reversed(live.undo):
        result = await _result(CLEANUP, patient(undo))
        left += [result] if result.state == REFUSED else []
    return left[:1]


def _pointer(detail: str) -> str:
    """The place in one of Slack's details, which may repeat a text before it."""
    return detail.rpartition("[json-pointer:")[2].removesuffix("]") if "[json-pointer:" in detail else ""


def _report(results: Sequence[Result], secrets: Iterable[str]) -> str:
    indent = " " * (len(NOT_TRIED) + 2)
    lines: list[str] = []
    for result in results:
        said = f": {fitted(one_line(result.said), LONGEST_WORDS)}" if result.said else ""
        lines.append(f"{result.state:<{len(indent)}}{result.check.what}{said}")
        lines += [f"{indent}→ {result.check.without}"] if result.state == REFUSED else []
    counts = Counter(result.state for result in results)
    lines += ["", ", ".join(f"{counts[state]} {state}" for state in (PASSED, REFUSED, NOT_TRIED)) + "."]
    text = "\n".join(lines)
    for secret in secrets:
        text = text.replace(secret, "…")
    return text


def _json(results: Sequence[Result]) -> str:
    """The results without names, texts and words of the services, for a bug report."""
    found: list[Mapping[str, Any]] = [
        {
            "check": result.check.name,
            "state": result.state,
            "seconds": round(result.seconds, 2),
            **({"error": result.error, "where": result.where, "without": result.check.without} if result.error else {}),
        }
        for result in results
    ]
    return json.dumps({"release": VERSION, "checks": found}, ensure_ascii=False, indent=2)
