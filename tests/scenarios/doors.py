"""Who stands where, what words there are, and what follows from the declaration of a way in for each of them.

Nothing here names a way in: a command, a form or an event that is declared is played, and what has to come of it is
computed from its `role`, its `right` and its `source` (`bot.domain.commands.spec`), as `test_every_door.py` says.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import Any, Final

from sqlalchemy import update

from bot.domain.admins import Admins
from bot.domain.commands.presses import NO, answer_id
from bot.domain.commands.registry import ANSWER, LIST_ALL, LIST_PAGE, OPEN_FORM, QUICK_ANSWER, START, STOP
from bot.domain.commands.spec import CommandSpec, Role, Source, Surface, Way
from bot.domain.list_pages import Which
from bot.domain.pick import OnMessage
from bot.domain.roles import OF_ASKER, Right
from bot.domain.session import Lifecycle, Session
from bot.kernel.tasks import SlackEvent
from bot.store import kept_tasks, sessions, tables
from bot.views.answers import access as access_sentences
from bot.views.answers import adoptions as adoption_sentences
from bot.views.answers.sessions import NO_SESSION_HERE
from bot.views.answers.stops import already_ended
from bot.views.modals.launch import stays_private
from bot.views.questions import STALE
from tests.scenarios.ahead import Running, rows, running, until
from tests.scenarios.harness import ADA, ANN, BOT, Harness
from tests.scenarios.interactions import HOW_FAR, At
from tests.scenarios.observations import give_role, settled, thread_address

Put = tuple[str, str, str, At, bool, Running]  # name, channel, asker, how far, whether it is linked, what there is


class Who(StrEnum):
    """Who acts. Nobody of them but the admin and the holder has a right of those that roles keep."""

    MEMBER = "member"
    HOLDER = "holder"  # of each right but that to administer
    ADMIN = "admin"
    GUEST = "guest"
    STRANGER = "stranger"  # of another company
    GONE = "gone"  # deactivated


USERS: Final = {who: ADA if who is Who.ADMIN else f"U0{who.upper()}" for who in Who}
MEMBERS: Final = frozenset({Who.MEMBER, Who.HOLDER, Who.ADMIN})
# Two public channels, a private one with everybody in it, and one with none of them.
HERE, OTHER, INNER, OUTER = "C0HERE", "C0OTHER", "C0INNER", "C0OUTER"
PUBLIC: Final = frozenset({HERE, OTHER})
KEPT: Final = (Right.START, Right.STEER, Right.STOP, Right.COST)  # the rights that the holder has, and others have not
ADMINS: Final = Admins(frozenset({ADA}))
OUTSIDE: Final = {
    Who.GUEST: access_sentences.GUEST_REFUSED.text,
    Who.STRANGER: access_sentences.OTHER_COMPANY_REFUSED.text,
    Who.GONE: access_sentences.DEACTIVATED_REFUSED.text,
}
ANYTHING: Final = "⟨any⟩"  # a refusal in any words, of what is stored under a key that a press does not have
UNSEEN: Final = frozenset({"⟨none⟩"})  # a refusal of which others tell: what is looked at is that nothing changes


def direct(who: Who) -> str:
    """The direct messages of somebody with the bot."""
    return f"D{USERS[who][1:]}"


@dataclass(frozen=True)
class Words:
    """A session whose title, task and messages have a word of its own, and where that comes from."""

    name: str
    channel: str  # empty for one that nobody has brought into Slack
    asker: str
    word: str
    devin_id: str
    at: At
    session: Session | None = None  # as the bot has it
    key: str = ""  # of the end of its turn

    @property
    def is_linked(self) -> bool:
        """Whether a thread follows it."""
        return self.session is not None and self.session.lifecycle is not Lifecycle.UNFOLLOWED

    def are_read_by(self, user: str) -> bool:
        """Whether somebody may read them: it is theirs, or where they may read, or nowhere and they may link it."""
        if user in {self.asker, ANN}:
            return True
        if not self.channel:
            return user == ADA
        return user in {USERS[who] for who in MEMBERS} and self.channel in PUBLIC | {INNER}

    def may_go_on(self, place: str) -> bool:
        """Whether they may be read by all who read `place`."""
        return self.channel in PUBLIC or self.channel == place


class Kind(StrEnum):
    """How a way in is used."""

    PRESS = "press"
    OPEN = "open"  # the button that opens a form
    SEND = "send"  # a form that was filled in by hand
    SLASH = "slash"
    THREAD = "thread"  # a reply in the thread of a session
    MENTION = "mention"  # outside of threads
    REACTION = "reaction"  # to the first message of that thread, or Slack's own Stop beside it


@dataclass(frozen=True)
class Case:
    """One way in, by somebody, somewhere, with words from somewhere.

    `refused` are the sentences that may refuse it; without any it is allowed.
    """

    spec: CommandSpec
    kind: Kind
    how: str  # an action id, what is typed, the name of an emoji, or where a form is about a message
    value: str
    who: Who
    place: str
    words: Words
    refused: frozenset[str]

    @property
    def name(self) -> str:
        """The case in a list of those that failed, and in a sample."""
        return f"{self.spec.name} · {self.kind} · {self.how} · {self.who} · {self.place} · {self.words.name}"

    @property
    def is_usual(self) -> bool:
        """Whether each run plays it: a member without any right, in a public channel, with others' words."""
        return self.who is Who.MEMBER and self.place == HERE and self.words.asker == ANN


# ---------------------------------------------------------------- the stage


def put_people(on: Harness) -> None:
    """Put everybody into the workspace and the channels, before the bot starts."""
    world = on.simulated_slack.state.world
    for who, user in USERS.items():
        facts: dict[str, Any] = {"id": user, "name": user[2:].lower(), "is_restricted": who is Who.GUEST}
        facts |= {"team": "T0OTHER"} if who is Who.STRANGER else {}
        world.put_person(facts)
        if who is not Who.STRANGER:
            world.direct(user)
    for channel in (HERE, OTHER, INNER, OUTER):
        inside = [] if channel == OUTER else USERS.values()
        kind = "channel" if channel in PUBLIC else "group"
        world.put_channel(
            {"id": channel, "name": channel[2:].lower(), "kind": kind, "members": ["U0BOT", ANN, *inside]}
        )


async def put_words(on: Harness) -> list[Put]:
    """Put sessions where people have theirs, each as far as some way in needs it, before the bot starts."""
    askers = {who: USERS[who] for who in Who}
    wanted = [
        *(
            (f"own of {who}", HERE, user, at, True)
            for who, user in askers.items()
            for at in At
            if at is not At.CHOOSING
        ),
        *(("another's", HERE, ANN, at, True) for at in At if at is not At.CHOOSING),
        *(
            (f"of {name}", place, ANN, at, True)
            for name, place in ELSEWHERE.items()
            for at in At
            if at is not At.CHOOSING
        ),
        *((f"unlinked of {name}", place, ANN, At.ASKING, False) for name, place in {"here": HERE, **ELSEWHERE}.items()),
    ]
    await on.slack.pause("lose")  # else a bot that starts gets what was said here
    made = await running(on, len(wanted), [one[1] for one in wanted], [one[2] for one in wanted])
    for (_, _, asker, *_), one in zip(wanted, made, strict=True):
        await on.slack.edit(asker, one.channel, one.ts, f"Between us: {word_of(one)}")
    await on.slack.resume()
    on.simulated_slack.state.world.put_person({"id": USERS[Who.GONE], "deleted": True})  # who began a session before
    async with on.store.write() as tx:
        for (*_, linked), one in zip(wanted, made, strict=True):
            word = word_of(one)
            values: dict[str, Any] = {"prompt": f"Raise the salary of {word}", "title": f"The salary of {word}"}
            if not linked:
                values |= {"lifecycle": Lifecycle.UNFOLLOWED, "ended_at": time.time()}
                await tx.execute(
                    update(tables.threads).where(tables.threads.c.session_id == one.id).values(closed=True)
                )
            await tx.execute(update(tables.sessions).where(tables.sessions.c.id == one.id).values(values))
            if (session := await sessions.get(tx, one.id)) is not None:
                await kept_tasks.keep(tx, session, (), None, time.time())
    for one in made:
        await on.devin.set(one.devin_id, title=f"The salary of {word_of(one)}")
    return [(*of, one) for of, one in zip(wanted, made, strict=True)]


ELSEWHERE: Final = {"a private channel": INNER, "another private channel": OUTER, "a direct message": "D0ANN"}


def word_of(one: Running) -> str:
    """The word that only this session has."""
    return f"kiwi{one.id}"


async def held_start(on: Harness) -> tuple[Words, list[str], str]:
    """A start of Ann's in the private channel that waits for her answer; the action ids of its buttons, their value."""
    word = "kiwiheld"
    ts = await on.mention(f"raise the salary of {word} acu=abc", ANN, INNER)
    asked = await on.slack.wait_for_ephemeral(ANN)
    elements = [one for block in asked["blocks"] for one in block.get("elements", []) if one["type"] == "button"]
    held = Words("of a start that waits", INNER, ANN, word, "", At.ASKING, key=f"msg:T0PLAY:{INNER}:{ts}")
    return held, [one["action_id"] for one in elements], elements[0]["value"]


async def words_of(on: Harness, put: Sequence[Put]) -> list[Words]:
    """Have Devin speak in these sessions, and in one that somebody began in its web app; give the rights away."""
    for _, _, _, at, _, one in put:
        said, fields = HOW_FAR[at]
        await on.devin.say(one.devin_id, f"{said} {word_of(one)}", **fields)
    followed = {one.id for *_, linked, one in put if linked}

    async def all_show_it() -> bool:
        return followed <= {row["session_id"] for row in await rows(on, "turn_ends")}

    await until(all_show_it, 60)
    for right in KEPT:
        await give_role(on.slack, f"{right} <@{USERS[Who.HOLDER]}>", HERE)
    await settled(on, within=60)
    ends = {row["session_id"]: row["key"] for row in await rows(on, "turn_ends")}
    async with on.store.scan() as tx:
        known = {one.id: await sessions.get(tx, one.id) for *_, one in put}
    found = [
        Words(name, channel, asker, word_of(one), one.devin_id, at, known[one.id], ends.get(one.id, ""))
        for name, channel, asker, at, _, one in put
    ]
    await on.devin.add_member("user-ann", "ann@acme.test", "ann")
    facts = {"prompt": "kiwiweb", "title": "The salary of kiwiweb", "status": "running", "status_detail": "working"}
    (web,) = await on.devin.create_sessions(**facts, user_id="user-ann")
    return [*found, Words("of the web", "", ANN, "kiwiweb", web, At.ASKING)]


# ---------------------------------------------------------------- what follows from the declaration


NEEDED: Final[Mapping[str, At]] = {"rate": At.DONE, "try_again": At.FAILED, "continue_session": At.LIMIT}


def pressed(specs: Sequence[CommandSpec], all_words: Sequence[Words]) -> Iterator[Case]:
    """Every button, and every choice under a question, by everybody everywhere with words from everywhere."""
    for spec, who, words in product(specs, Who, all_words):
        # The value of a button that opens a form names the form's command.
        if spec is OPEN_FORM or not _is_brought(spec, words, USERS[who]):
            continue
        actions = sorted({spec.choice_id, *(way.phrase for way in spec.ways_on(Surface.BUTTON))})
        for action, value, place in product(actions, _values(spec, words), _places(who)):
            refused = _refused(spec, action == spec.choice_id, value, who, place, words)
            yield Case(spec, Kind.PRESS, action, value, who, place, words, refused)


def answered(questions: Collection[str], held: Words, buttons: Sequence[str], value: str) -> Iterator[Case]:
    """The answers to a question, and to all others, by everybody but whom it asks, about what waits for it."""
    others = (answer_id(question, answer) for question in sorted(questions) for answer in (NO, "yes", "again"))
    for action, who in product([*buttons, *others], Who):
        for place in _places(who):
            told = _by_role(ANSWER, who, place, held) or frozenset({ANYTHING})
            yield Case(ANSWER, Kind.PRESS, action, value, who, place, held, told)


def _places(who: Who) -> Sequence[str]:
    """Where somebody can press something: in no channel of others, and a stranger in no direct message."""
    return [HERE, OTHER, INNER, *([] if who is Who.STRANGER else [direct(who)])]


def _is_brought(spec: CommandSpec, words: Words, user: str) -> bool:
    """Whether a way in is played with these words: where its source is none of them, with one session's alone."""
    if words.at is not NEEDED.get(spec.name, At.ASKING) or words.asker not in {ANN, user}:
        return False
    if spec.source.is_session:
        return words.session is not None and (words.key != "" or spec.source is not Source.TURN)
    return spec.source in {Source.ADDRESS, Source.LISTED} or words.name == "of a private channel"


def _values(spec: CommandSpec, words: Words) -> Sequence[str]:
    """What the button of a session carries, as the source of its command says."""
    if spec.source is Source.TURN:
        return [f"{'good' if spec.name == 'rate' else 1} {words.key}"]
    if spec.source is Source.ADDRESS or words.session is None:
        return [words.devin_id]
    turns = spec in {LIST_ALL, LIST_PAGE} and words.name == "another's"
    return [words.session.id, *(f"{which} 0 whole" for which in Which if turns)]


def _refused(spec: CommandSpec, chosen: bool, value: str, who: Who, place: str, words: Words) -> frozenset[str]:
    """The sentences that may refuse a press; none if it is allowed."""
    typed = spec.is_typed
    if chosen and typed and not spec.of_session and all(way.argument.read(value) is None for way in spec.ways):
        return frozenset({STALE.text})
    lists_all = spec is LIST_PAGE and value.startswith(f"{Which.ALL} ")
    user, told = USERS[who], _by_role(LIST_ALL if lists_all else spec, who, place, words)
    own = words.asker == user and spec.name == "stop_listed"
    if spec.source.is_session and words.channel != place and not own:
        return frozenset({NO_SESSION_HERE.text if spec.of_session else STALE.text})
    if spec.ways and not spec.source.is_session and not spec.ways_on(Surface.SLASH, Surface.BUTTON):
        return frozenset({STALE.text, NO_SESSION_HERE.text, *told})  # nothing but words give it, in a thread
    if told or spec.source is not Source.STORED:
        return told or (_of_address(spec, who, place, words) if spec.source is Source.ADDRESS else frozenset())
    return frozenset({ANYTHING})


def _by_role(spec: CommandSpec, who: Who, place: str, words: Words) -> frozenset[str]:
    """Who may not use the command at all, or not on these words."""
    user, of_session = USERS[who], spec.source.is_session
    if who in OUTSIDE:
        return frozenset({OUTSIDE[who]})
    asker = words.asker if of_session else user
    told = ""
    if spec.right in KEPT and who is Who.MEMBER and not (asker == user and spec.right in OF_ASKER):
        told = access_sentences.role_missing(spec.right, [USERS[Who.HOLDER]], ADMINS).text
    elif spec.role is Role.ADMIN and who is not Who.ADMIN:
        told = access_sentences.admins_only(spec.admins_can, ADMINS, spec.instead).text
    elif spec.role is Role.ASKER_OR_ADMIN and of_session and who is not Who.ADMIN and asker != user:
        told = access_sentences.not_yours(asker, ADMINS).text
    if told and of_session and words.session is not None and words.session.lifecycle is not Lifecycle.OPEN:
        told = already_ended(words.session).text
    return frozenset({told} - {""})


def _of_address(spec: CommandSpec, who: Who, place: str, words: Words) -> frozenset[str]:
    """Why a session at Devin may not be brought to a place."""
    if words.is_linked and words.session is not None:
        thread = thread_address(words.channel, words.session.thread_ts or "")
        may = words.channel in PUBLIC | {INNER, direct(who)}
        return frozenset({adoption_sentences.taken(thread if may else None).text})
    if words.channel and not words.may_go_on(place):
        return frozenset({adoption_sentences.STAYS_PRIVATE.text})
    if words.channel == place or who is Who.ADMIN:
        return frozenset()
    return frozenset({adoption_sentences.NOT_YOURS.text})


# ---------------------------------------------------------------- forms


def opened(forms: Sequence[CommandSpec], all_words: Sequence[Words]) -> Iterator[Case]:
    """The button of every form, with the id of every session that somebody might have it be about."""
    for spec, who, words in product(forms, Who, all_words):
        if words.session is not None and _is_in_form(spec, words, who):
            for place in _places(who):
                told = _by_right(spec, who)
                if told and spec.role is Role.ADMIN:  # whichever is known first
                    told |= _by_right(spec, Who.MEMBER)
                yield Case(spec, Kind.OPEN, OPEN_FORM.action_id, words.session.id, who, place, words, told)


def sent(forms: Sequence[CommandSpec], all_words: Sequence[Words]) -> Iterator[Case]:
    """Every form, filled in and sent: one that starts about every session, and about a message in its thread."""
    for spec, who, words in product(forms, Who, all_words):
        if words.session is None or not _is_in_form(spec, words, who):
            continue
        told, thread = _by_right(spec, who), words.session.thread_ts or ""
        starts = spec.source is Source.PICKED and spec.right is Right.START
        targets = [words.session.id, *([OnMessage(thread, thread).kept()] if starts else [])]
        places = (HERE, OTHER, INNER, OUTER, "D0ANN", direct(who)) if starts else (words.channel,)
        for target, place in product(targets, places):
            refused = told or (_of_start(who, place, words) if starts else frozenset())
            if starts or refused:
                yield Case(spec, Kind.SEND, words.channel, target, who, place, words, refused)


def _is_in_form(spec: CommandSpec, words: Words, who: Who) -> bool:
    about = {"another's", *(f"of {name}" for name in ELSEWHERE), f"own of {who}"}
    of_all = words.at is At.ASKING and words.name in about
    return of_all and (spec.source is Source.PICKED or words.name == "of another private channel")


def _by_right(spec: CommandSpec, who: Who) -> frozenset[str]:
    """Who may not use the form at all, wherever."""
    return _by_role(replace(spec, right=None), who, "", Words("", "", "", "", "", At.ASKING))


def _of_start(who: Who, place: str, words: Words) -> frozenset[str]:
    """Why nothing starts in a place about these words."""
    if place in {OUTER, "D0ANN"}:
        why = access_sentences.NOT_THERE if place == OUTER else access_sentences.WITHOUT_BOT
        return frozenset({f"Nothing was started: {why.format(channel=place)}"})
    if who is Who.MEMBER:
        return frozenset({access_sentences.role_missing(Right.START, [USERS[Who.HOLDER]], ADMINS).text})
    if place != direct(who) and not words.may_go_on(place):  # only they read what goes on in their direct messages
        return frozenset({stays_private(words.channel).text})
    return frozenset()


# ---------------------------------------------------------------- words


def typed(specs: Sequence[CommandSpec], all_words: Sequence[Words]) -> Iterator[Case]:
    """What is typed behind `/devin` by a guest, or by a member whom its role or right keeps from it."""
    (words,) = (one for one in all_words if one.name == "of another private channel" and one.at is At.ASKING)
    assert words.session is not None
    for spec in specs:
        for way in spec.ways_on(Surface.SLASH):
            value = next((one for one in (words.session.id, words.devin_id) if way.argument.read(one) is not None), "")
            for who in (Who.MEMBER, Who.GUEST):
                told = frozenset({ANYTHING}) if who is Who.GUEST else _by_role(spec, who, HERE, words)
                if who is Who.MEMBER and spec.source is Source.SESSION:
                    told = frozenset({ANYTHING})  # there is no such session of theirs
                for place in (HERE, INNER, direct(who)) if told else ():
                    yield Case(spec, Kind.SLASH, way.phrase, value, who, place, words, told)


def written(specs: Sequence[CommandSpec], all_words: Sequence[Words]) -> Iterator[Case]:
    """What a guest, or a member whom its role or right keeps from it, writes in the threads of others' sessions."""
    there = [one for one in all_words if one.at is At.ASKING and one.name in {"another's", "of a private channel"}]
    for words, who, spec in product(there, (Who.MEMBER, Who.GUEST), specs):
        if _by_role(replace(spec, source=Source.SESSION), who, words.channel, words):
            reply = [("use the second one, please", "")] if spec is QUICK_ANSWER else []
            ways = [(way.phrase, _argument(way)) for way in spec.ways_on(Surface.THREAD, Surface.ALONE)]
            for phrase, value in (*ways, *reply):
                yield Case(spec, Kind.THREAD, phrase, value, who, words.channel, words, UNSEEN)
            if spec is START:
                yield Case(spec, Kind.MENTION, f"{BOT} fix the page", "", who, words.channel, words, UNSEEN)
            for emoji in EMOJI.get(spec, ()):
                yield Case(spec, Kind.REACTION, emoji, "", who, words.channel, words, UNSEEN)


EMOJI: Final[Mapping[CommandSpec, Sequence[str]]] = {STOP: ("x", "agent_session_stopped"), QUICK_ANSWER: ("one", "two")}


def _argument(way: Way) -> str:
    """Something that fits what may follow a phrase."""
    fitting = ("off", f"<@{USERS[Who.MEMBER]}>", "", "fix the page")
    return next(one for one in fitting if way.argument.read(one) is not None)


# ---------------------------------------------------------------- events


@dataclass(frozen=True)
class Report:
    """An event of Slack's that somebody causes somewhere, about these words."""

    event: SlackEvent
    type: str
    who: Who
    place: str
    words: Words

    @property
    def is_allowed(self) -> bool:
        """Whether something may come of it, as its right says."""
        has_right = self.event.right is None or self.who is not Who.MEMBER or self.words.asker == USERS[self.who]
        return self.who in MEMBERS and has_right

    def body(self) -> dict[str, Any]:
        """The event, with what its task needs. Of a field that nothing is known of the test fails."""
        assert self.words.session is not None
        known = {"channel": self.place, "user": USERS[self.who], "thread_ts": self.words.session.thread_ts}
        known |= {"title": f"Renamed by the {self.who}", "tab": "home"}
        found: dict[str, Any] = {"type": self.type}
        for name, path in self.event.fields.items():
            at = found
            *above, last = path.split(".")
            for part in above:
                at = at.setdefault(part, {})
            at[last] = known[name]
        return found


def reported(events: Mapping[str, SlackEvent], all_words: Sequence[Words]) -> Iterator[Report]:
    """Every event in whose place words are read, by everybody: a link is one that they write, to every session."""
    for (name, event), words in product(events.items(), all_words):
        if event.source is Source.LINK and words.at is At.ASKING:
            yield from (Report(event, name, Who.HOLDER, place, words) for place in (HERE, OTHER, INNER))
        elif event.source not in {Source.LINK, Source.NOTHING} and words.at is At.ASKING and words.session is not None:
            yield from (Report(event, name, who, words.channel, words) for who in Who)
