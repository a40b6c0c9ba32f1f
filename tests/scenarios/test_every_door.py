"""Every way in, by everybody, in every place, with words from everywhere: `doors.py` computes what has to come of it.

A way in is declared with its role or right and with its source (`bot.domain.commands.spec`); one that is not declared
does not exist for the app. Who is refused reads the sentence of the refusal. Nothing changes for them, Devin is asked
for nothing that changes anything, and nobody reads words of a place in which they may not read.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.parts import ConversationParts
from bot.conversation.steer.held_reply import WakeHeld
from bot.conversation.steer.held_start import start_questions
from bot.conversation.steer.own_session import OwnSession
from bot.domain.commands.spec import Source
from bot.domain.form import Form
from bot.features import COMMANDS, EVENTS, FEATURES
from bot.kernel.feature import Kernel
from bot.kernel.sending import edits
from bot.manifest import manifest_for
from bot.slack import rate_limits
from bot.store import tables
from bot.timing import Timing
from bot.views.answers import access as access_sentences
from tests.markup import written as written_in
from tests.sampling import Sample
from tests.scenarios import doors, walk
from tests.scenarios.ahead import rows
from tests.scenarios.doors import ADMINS, ANYTHING, KEPT, OUTSIDE, UNSEEN, USERS, Case, Kind, Report, Who, Words
from tests.scenarios.harness import Harness, harness
from tests.scenarios.observations import press, settled
from tests.scenarios.test_every_command import as_often_as_it_likes

__all__ = ["as_often_as_it_likes"]

AT_ONCE = 40
SHARE = 0.03  # of more than nine thousand cases, beside the usual ones
KERNEL = Kernel(None, None, None, None)  # only what the kinds are called is read
KINDS = [*start_questions(None), WakeHeld(None, None), OwnSession(None)]
KINDS += [kind for feature in FEATURES for kind in feature.questions(KERNEL)]
QUESTIONS = {kind.name for kind in KINDS}.union(
    ConversationParts.plain_questions, *(feature.plain_questions for feature in FEATURES)
)
# What changes when somebody does something, beside what the poller reads of Devin.
TABLES = ("sessions", "threads", "pauses", "roles", "settings", "budgets", "grants", "subscriptions")
TABLES += (
    "cost_centre_members",
    "alarms",
    "votes",
    "notifications",
    "turn_ends",
    "operations",
    "fan_outs",
    "kept_tasks",
)
BY_ITSELF = {"updated_at", "read_at", "figures_at", "spoken_at", "unread_from", "last_seen_ts", "changes_until"}


@pytest.fixture(autouse=True)
def edits_as_well(monkeypatch: pytest.MonkeyPatch, as_often_as_it_likes: None) -> None:
    """Let the bot edit cards without pauses too."""
    for budget in ("EDITS", "SPARE_EDITS"):
        monkeypatch.setattr(edits, budget, rate_limits.ONE)


@asynccontextmanager
async def bot_for(folder: Path, **how: Any) -> AsyncIterator[tuple[Harness, list[Words], list[Case]]]:
    """A bot among everybody, with sessions everywhere, and every way in."""
    async with harness(folder, start=False, BOT_UNFURL="on", **how) as on:
        doors.put_people(on)
        put = await doors.put_words(on)
        await on.slack.limits(enabled=False)
        await on.start()
        held, *buttons = await doors.held_start(on)
        all_words = await doors.words_of(on, put)
        cases = [*all_cases(all_words), *doors.answered(QUESTIONS, held, *buttons)]
        yield on, [*all_words, held], cases


async def state_of(on: Harness) -> set[str]:
    """All that somebody could have changed, a line for each value."""
    found = set[str]()
    for name in TABLES:
        keys = tables.metadata.tables[name].primary_key.columns.keys()
        for row in await rows(on, name):
            which = f"{name} {[row[key] for key in keys]}"
            found |= {f"{which} {key}={value}" for key, value in row.items() if key not in BY_ITSELF}
    return found


async def changing_calls(on: Harness, since: int) -> list[str]:
    """What Devin was asked for since that changes something there."""
    return [f"{one['method']} {one['path']}" for one in await on.devin.log(since=since) if one["method"] != "GET"]


# ---------------------------------------------------------------- who reads what


def shown_to(on: Harness) -> list[tuple[str, str]]:
    """All that the bot shows, each with the person who sees it or with the channel where all see it."""
    state, found = on.simulated_slack.state, list[tuple[str, str]]()
    found += [(one.user, f"{one.text} {one.blocks}") for one in state.ephemerals]
    found += [(view.user, str(view.body)) for view in state.views.values()]
    for channel in state.world.channels:
        owner = f"U{channel[1:]}" if channel.startswith("D") else channel
        found += [(owner, str(one.shown())) for one in state.timeline(channel) if one.user == "U0BOT"]
    return found


async def leaks(on: Harness, all_words: Sequence[Words]) -> list[str]:
    """Words that somebody was shown who may not read where they come from."""
    brought = {row["devin_id"] for row in await rows(on, "sessions")}  # by an admin who has confirmed it
    kept = [words for words in all_words if words.channel or words.devin_id not in brought]
    return [
        f"{reader} reads {words.name} ({words.at}): {text[:300]}"
        for reader, text in shown_to(on)
        for words in kept
        if words.word in text and not (words.may_go_on(reader) if reader.startswith("C") else words.are_read_by(reader))
    ]


async def carried(on: Harness, all_words: Sequence[Words]) -> list[str]:
    """Words that a session got which began in a place where not all who read it may read them."""
    found = []
    for row in await rows(on, "sessions"):
        if row["devin_id"] is None or row["devin_id"] in {words.devin_id for words in all_words}:
            continue
        prompt, place = (await on.devin.session(row["devin_id"]))["prompt"], row["channel"]
        mine = place == f"D{row['requester'][1:]}"
        found += [
            f"{row['requester']} brought {words.name} to {place}: {prompt}"
            for words in all_words
            if words.word in prompt and not (words.may_go_on(place) or (mine and words.are_read_by(row["requester"])))
        ]
    return found


# ---------------------------------------------------------------- what somebody does


async def pressed(on: Harness, case: Case, user: str) -> str:
    """Press a button, with an address for the answer of its own."""
    slack = on.simulated_slack.state
    given = slack.response_url(user, case.place)
    ts = f"1700000000.{slack.number():06d}"
    value, trigger = case.value, f"door.{given.id}"
    if case.kind is Kind.OPEN:
        value, trigger = f"{case.spec.name} {value}", slack.trigger(user).id
    where = {"container": {"type": "message", "message_ts": ts, "channel_id": case.place}, "response_url": given.url}
    await on.simulated_slack._courier.ask(
        "interactive",
        press(user, case.place, case.how, value, **where, trigger_id=trigger),
        expects_answer=False,
    )
    return trigger if case.kind is Kind.OPEN else given.id


async def sent(on: Harness, case: Case, user: str) -> str:
    """Send a form that was filled in by hand."""
    number = on.simulated_slack.state.number()
    kept = Form(case.spec.name, case.value, case.how).kept()
    view = {"id": f"V{number}", "type": "modal", "callback_id": case.spec.name, "private_metadata": kept}
    fields = {
        "task": {"task": {"type": "plain_text_input", "value": f"Take over page {number}"}},
        "channel": {"channel": {"type": "conversations_select", "selected_conversation": case.place}},
    }
    payload = press(user, case.how, "x", "") | {"type": "view_submission", "view": view | {"state": {"values": fields}}}
    delivery = await on.simulated_slack._courier.ask("interactive", payload, expects_answer=True)
    answer = delivery.acked.result() or {}
    instead = written_in(answer["view"]["blocks"]) if "view" in answer else " ".join(answer.get("errors", {}).values())
    return instead or f"view:V{number}"


async def typed(on: Harness, case: Case, user: str) -> str:
    """Type it behind `/devin`."""
    outcome = await on.slack.slash(user, case.place, f"{case.how} {case.value}".strip())
    keys = f"{str(outcome['response_url']).rpartition('/')[2]},{outcome['trigger_id']}"
    return str(outcome["shown"]["rendered"]) if outcome["shown"] else keys


async def written(on: Harness, case: Case, user: str) -> str:
    """Write it in the thread of the session, or put the emoji to its first message."""
    assert case.words.session is not None
    ts = case.words.session.thread_ts or ""
    if case.how in OTHER_EVENTS:
        await on.slack.emit({"type": case.how, "channel": case.place, "user": user, "thread_ts": ts})
    elif case.kind is Kind.REACTION:
        await on.slack.react(user, case.place, ts, case.how)
    elif case.kind is Kind.MENTION:
        await on.slack.say(user, case.place, case.how)
    else:
        await on.slack.say(user, case.place, f"{case.how} {case.value}".strip(), thread_ts=ts)
    return ""


ACTS = {Kind.PRESS: pressed, Kind.OPEN: pressed, Kind.SEND: sent, Kind.SLASH: typed}
ACTS |= {Kind.THREAD: written, Kind.MENTION: written, Kind.REACTION: written}


async def play(on: Harness, cases: Sequence[Case]) -> list[list[str]]:
    """Have all of these done; returns what each is answered."""
    keys = list[str]()
    for begin in range(0, len(cases), AT_ONCE):
        batch = cases[begin : begin + AT_ONCE]
        keys += await asyncio.gather(*(ACTS[case.kind](on, case, USERS[case.who]) for case in batch))
        await settled(on, within=120)
    answers = answered(on)
    said = [[text for part in key.split(",") for text in answers.get(part, [])] for key in keys]
    return [found or ([key] if " " in key else []) for key, found in zip(keys, said, strict=True)]


def answered(on: Harness) -> dict[str, list[str]]:
    """What the bot has said: by the address for the answer, by what opened a form, and by the form that was sent."""
    slack, found = on.simulated_slack.state, defaultdict[str, list[str]](list)
    for response in slack.responses:
        found[response["id"]].append(str(response["payload"]["text"]))
    for call in slack.calls:
        if call.method == "views.open" and (call.answer or {}).get("ok"):
            view = slack.views[(call.answer or {})["view"]["id"]]
            found[call.args["trigger_id"]].append(written_in(view.body["blocks"]))
    for who in Who:
        for message in slack.timeline(doors.direct(who)):
            key = str((message.metadata or {}).get("event_payload"))
            if (view := re.search(r"view:V\d+", key)) is not None:
                found[view[0]].append(message.text)
    return found


def wrong(case: Case, answers: Sequence[str]) -> str | None:
    """What is wrong with the answers to a case, or None."""
    if case.refused == UNSEEN:
        return None
    if case.refused:
        if case.kind is Kind.SEND and case.who in {Who.STRANGER, Who.GONE} and not answers:
            return None  # who was not known when they sent it: Slack shows them nothing that comes later
        fits = ANYTHING in case.refused or all(any(one in answer for one in case.refused) for answer in answers[:1])
        told = f"{case.name} · {case.value}\n  is to be refused: {set(case.refused)}\n  reads {answers}"
        return None if answers and fits else told
    without = [access_sentences.role_missing(right, [USERS[Who.HOLDER]], ADMINS).text for right in KEPT]
    # What comes of it may stand in the thread alone.
    refused = [one for one in (*OUTSIDE.values(), *without) if any(one in answer for answer in answers)]
    return f"{case.name} · {case.value}\n  is allowed\n  and reads {answers}" if refused else None


def assert_fits(cases: Sequence[Case], answers: Sequence[Sequence[str]]) -> None:
    """Each case is answered as it is to be."""
    found = [one for case, said in zip(cases, answers, strict=True) if (one := wrong(case, said)) is not None]
    assert not found, "\n".join(["", *found])


async def report(on: Harness, reports: Sequence[Report]) -> list[str]:
    """Have all of this happen; returns the previews that are missing."""
    wanted = list[tuple[Report, str]]()
    for one in reports:
        if one.event.source is not Source.LINK:
            await on.slack.emit(one.body())
            continue
        address = f"https://app.devin.ai/sessions/{one.words.devin_id}"
        wanted.append((one, await on.slack.say(USERS[one.who], one.place, f"see <{address}>")))
    await settled(on, within=120)
    shown = [bool((await on.slack.message(one.place, ts)).get("attachments")) for one, ts in wanted]
    may = [one.words.session is not None and one.words.may_go_on(one.place) for one, _ in wanted]
    differ = [one for (one, _), is_shown, to_be in zip(wanted, shown, may, strict=True) if is_shown != to_be]
    return [f"{one.words.name} in {one.place}" for one in differ]


def all_cases(all_words: Sequence[Words]) -> list[Case]:
    """Every way in that is declared, by everybody, everywhere, with words from everywhere."""
    forms = [COMMANDS.named(name) for name in sorted(COMMANDS.forms)]
    return [
        *doors.pressed(COMMANDS.specs, all_words),
        *doors.opened(forms, all_words),
        *doors.sent(forms, all_words),
        *doors.typed(COMMANDS.specs, all_words),
        *doors.written(COMMANDS.specs, all_words),
    ]


# Events that no task takes: messages and reactions are played as what they say, and the others are about people and the
# app, and read nobody's words.
OTHER_EVENTS = {
    *("message", "app_mention", "reaction_added", "agent_session_stopped"),
    *("user_change", "team_join", "app_uninstalled", "tokens_revoked"),
}


def test_every_event_of_the_manifest_is_declared_or_one_of_these() -> None:
    manifest = manifest_for(unfurls=True)["settings"]["event_subscriptions"]["bot_events"]
    assert {name.partition(".")[0] for name in manifest} - set(EVENTS) == OTHER_EVENTS


@pytest.mark.timing(catch_up_reach=0.0)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=[pytest.mark.edge, pytest.mark.early])])
async def test_every_way_in_does_what_its_declaration_says(
    everything: bool, sample: Sample, tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    async with bot_for(tmp_path, transport=transport, timing=timing, **database) as (on, all_words, cases):
        played = [one for one in cases if everything or one.is_usual or sample.has(one.name, SHARE)]
        refused, allowed = [one for one in played if one.refused], [one for one in played if not one.refused]
        before, newest = await state_of(on), await walk.newest_call(on)
        reports = list(doors.reported(EVENTS, all_words))
        assert_fits(refused, await play(on, refused))
        assert await report(on, [one for one in reports if not one.is_allowed]) == []
        assert await state_of(on) ^ before == set()
        assert await changing_calls(on, newest) == []
        assert [row["state"] for row in await rows(on, "inbox", key=all_words[-1].key)] == ["open"]
        assert await leaks(on, all_words) == []
        assert await report(on, [one for one in reports if one.is_allowed]) == []
        assert_fits(allowed, await play(on, allowed))
        assert await leaks(on, all_words) == []
        assert await carried(on, all_words) == []
