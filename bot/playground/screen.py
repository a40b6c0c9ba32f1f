"""A terminal that shows what Slack shows, while it happens: messages, threads, edits, reactions, private answers."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.playground.news import Change
from bot.playground.plain import WIDTH, Reader, boxed, emoji, is_card, spoken, wrapped, written_at
from bot.playground.slack.state import Ephemeral, Slack
from bot.playground.slack.timeline import Message
from bot.playground.slack.world import BOT_USER, Person

Json = dict[str, Any]

LOOK_SECONDS: Final = 0.2
IDLE_SECONDS: Final = 60.0
EXCERPT: Final = 50
LEFT_OUT: Final = "  ┆ This message can't be shown here ({}). See the page."


@dataclass(frozen=True, slots=True)
class Drawing:
    """A message as it was last drawn."""

    channel: str
    ts: str
    root: str | None  # the message whose thread it is in
    who: str
    lines: tuple[str, ...]
    card: bool
    at: str  # when it came to look like this, as a Slack timestamp
    only_for: str | None = None
    deleted: bool = False
    reactions: frozenset[tuple[str, str]] = field(default=frozenset())  # (name, person)

    @property
    def key(self) -> tuple[str, str]:
        """Where it stands."""
        return self.channel, self.ts


class Screen:
    """Prints what is new since the last look."""

    def __init__(self, slack: Slack, write: Callable[[str], None]) -> None:
        self._slack = slack
        self._write = write
        self._names: dict[str, str] = {}
        self._channels: dict[str, str] = {}
        self._reader = Reader(self._names)
        self._drawn: dict[tuple[str, str], Drawing] = {}
        self._left_out: set[tuple[str, str]] = set()
        self._changed: dict[tuple[str, str], Message | Ephemeral] = {}
        self._place: tuple[str, str | None] = ("", None)  # channel, and the last message outside of threads
        self._learn_names()
        slack.news.follow(self._notice)

    async def follow(self) -> None:
        """Look again and again, while something changes."""
        while True:
            if self._changed or await self._slack.news.wait(IDLE_SECONDS):
                await asyncio.sleep(LOOK_SECONDS)  # what comes together is printed together
                self.look()

    def look(self) -> None:
        """Print everything that changed, in the order in which it did."""
        changed, self._changed = self._changed, {}
        drawings = [drawing for thing in changed.values() if (drawing := self._drawing(thing))]
        for now in sorted(drawings, key=lambda drawn: drawn.at):
            with self._whatever_comes(now.key):
                if now != (before := self._drawn.get(now.key)):
                    self._show(now, before)
                    self._drawn[now.key] = now

    def title(self, text: str) -> None:
        """Begin a scene."""
        self._write(f"\n{f'━━ {text} ':━<{WIDTH}}")
        self._place = ("", None)

    def act(self, channel: str, line: str) -> None:
        """Tell what somebody does in a channel that leaves no message there."""
        self._enter(channel)
        self._tell(spoken(line, [""], "  "))

    def aside(self, head: str, lines: Sequence[str] = ()) -> None:
        """Tell what happens outside of Slack."""
        parts = [part for line in lines for part in wrapped(line, WIDTH - 6)]
        self._tell([f"  ┆ {head}", *(f"  ┆   {part}" for part in parts)])

    # ------------------------------------------------------------ looking

    def _notice(self, change: Change) -> None:
        if change.kind in {"message", "ephemeral"}:
            self._changed[change.place, change.key] = change.thing
        elif change.kind == "workspace":
            self._learn_names()
        elif change.kind == "reset":
            self._learn_names()
            self._changed.clear()
            self._drawn.clear()
            self._left_out.clear()
            self._place = ("", None)

    def _is_seen(self, thing: Message | Ephemeral) -> bool:
        """Whether somebody sees it, or saw it until now."""
        if isinstance(thing, Ephemeral):
            return thing.visible and not thing.deleted
        return not thing.gone or (thing.channel, thing.ts) in self._drawn

    def _learn_names(self) -> None:
        world = self._slack.world
        self._names.update({person.id: called(person) for person in world.people.values()})
        self._channels = {
            key: f"#{channel.name}" if not channel.is_direct else self._direct(sorted(channel.members))
            for key, channel in world.channels.items()
        }
        self._names.update({key: name.removeprefix("#") for key, name in self._channels.items()})

    def _direct(self, members: list[str]) -> str:
        return f"Direct messages of {' and '.join(self._named(member) for member in members)}"

    def _named(self, user: str) -> str:
        return self._names.get(user, user)

    def _drawing(self, thing: Message | Ephemeral) -> Drawing | None:
        """What is to be seen of it; None: nothing."""
        with self._whatever_comes((thing.channel, thing.ts)):
            if self._is_seen(thing):
                return self._message(thing.read()) if isinstance(thing, Message) else self._private(thing.read())
        return None

    @contextmanager
    def _whatever_comes(self, key: tuple[str, str]) -> Iterator[None]:
        """Leave out a message that cannot be drawn, and say so once: the terminal is not worth the whole playground."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - people can write what nobody has thought of
            if key not in self._left_out:
                self._left_out.add(key)
                self._write(LEFT_OUT.format(type(error).__name__))

    def _message(self, message: Json) -> Drawing:
        root, ts = message.get("thread_ts"), message["ts"]
        reactions = {(each["name"], user) for each in message.get("reactions", []) for user in each["users"]}
        return Drawing(
            channel=message["channel"],
            ts=ts,
            root=root if root != ts else None,
            who=self._named(message["user"]),
            lines=tuple(self._reader.lines(message)),
            card=is_card(message),
            at=written_at(message),
            deleted=message["deleted"],
            reactions=frozenset(reactions),
        )

    def _private(self, ephemeral: Json) -> Drawing:
        return replace(
            self._message({**ephemeral, "user": BOT_USER}),
            root=ephemeral["thread_ts"],
            only_for=self._named(ephemeral["user"]),
        )

    # ------------------------------------------------------------ printing

    def _show(self, now: Drawing, before: Drawing | None) -> None:
        if before is None:
            self._draw(now, now.lines)
        elif now.deleted and not before.deleted:
            self._draw(now, before.lines, "deleted")
        elif now.lines != before.lines:
            part = _changes(now, before)
            self._draw(now, part or now.lines, "edited", whole=not part)
        for name, user in sorted(now.reactions - (before.reactions if before else frozenset())):
            self._reaction(now, name, self._named(user))

    def _draw(self, now: Drawing, lines: Sequence[str], mark: str = "", *, whole: bool = True) -> None:
        indent = self._enter(now.channel, now.ts, now.root, private=now.only_for is not None)
        private = f"only visible to {now.only_for}" if now.only_for else ""
        head = now.who + "".join(f" ({words})" for words in (mark, private) if words) + ":"
        if now.card:
            self._tell([f"{indent}{head}", *boxed(lines, " " * (len(indent) + 2), whole=whole)])
        else:
            self._tell(spoken(head, lines, indent))

    def _reaction(self, now: Drawing, name: str, who: str) -> None:
        indent = self._enter(now.channel, now.ts, now.root, private=True)
        self._write(f"{indent}{who} adds {emoji(name)} to {now.who}'s “{_excerpt(now.lines)}”")

    def _enter(self, channel: str, ts: str | None = None, root: str | None = None, *, private: bool = False) -> str:
        """Say where we are, if that changed; answers the indentation there."""
        at, last = self._place
        if at != channel:
            last = None
            self._write(f"\n{self._channels.get(channel, channel)}")
        if root is None:
            self._place = (channel, last if private or ts is None else ts)
            return "  "
        if root != last:
            parent = self._drawn.get((channel, root))
            self._write(f"  … in the thread under {parent.who}'s “{_excerpt(parent.lines)}”" if parent else "  …")
        self._place = (channel, root)
        return "    ↳ "

    def _tell(self, lines: list[str]) -> None:
        for line in lines:
            self._write(line.rstrip())


def called(person: Person) -> str:
    """What people say to each other: first names; apps keep their whole name."""
    return person.real_name if person.is_bot else (person.real_name.split(maxsplit=1) or [person.id])[0]


def _changes(now: Drawing, before: Drawing) -> tuple[str, ...]:
    """Of a card that only says something else in some lines: these lines."""
    if not now.card or len(now.lines) != len(before.lines) or now.lines[-1] != before.lines[-1]:
        return ()
    return tuple(line for line, old in zip(now.lines, before.lines, strict=True) if line != old)


def _excerpt(lines: tuple[str, ...]) -> str:
    first = lines[0] if lines else ""
    return first if len(first) <= EXCERPT else first[: EXCERPT - 1].rstrip() + "…"
