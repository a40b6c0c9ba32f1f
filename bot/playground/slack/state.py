"""Everything the simulated Slack remembers, in memory."""

import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from bot.playground.news import Change, News
from bot.playground.slack.app_manifest import InstalledApp
from bot.playground.slack.blocks import rendered
from bot.playground.slack.clock import Clock, Names, Stamps
from bot.playground.slack.errors import SlackError
from bot.playground.slack.faults import Faults
from bot.playground.slack.limits import LimitRules, RateLimits
from bot.playground.slack.timeline import Message, Timeline
from bot.playground.slack.world import TEAM, World

Json = dict[str, Any]

LOG_LENGTH: Final = 200_000
TRIGGER_LIFE: Final = 3.0
RESPONSE_URL_LIFE: Final = 1800.0
PROCESSING_LIFE: Final = 3600.0
RESPONSE_URL_USES: Final = 5


@dataclass(slots=True)
class Call:
    """One request of the bot to the Web API. `status` 0: it never got an answer."""

    n: int
    method: str
    at: float
    args: Json = field(default_factory=dict)
    status: int = 0
    answer: Json | None = None
    fault: str | None = None
    ms: float = 0.0
    done: bool = False

    @property
    def change(self) -> Change:
        """That it came, or went on."""
        return Change("slack_call", key=str(self.n), thing=self)

    def read(self) -> Json:
        """As the control API tells it."""
        answer = self.answer or {}
        names = ("n", "method", "at", "args", "status", "answer", "fault", "ms", "done")
        facts = {"ok": answer.get("ok"), "error": answer.get("error"), "channel": self.args.get("channel")}
        return {name: getattr(self, name) for name in names} | facts


@dataclass(slots=True)
class Ephemeral:
    """A message only one person sees; `visible` is whether they really do."""

    n: int
    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json]
    source: str  # chat.postEphemeral, ack or response_url
    thread_ts: str | None = None
    visible: bool = True
    deleted: bool = False

    @property
    def change(self) -> Change:
        """That it came, says something else, or went."""
        return Change("ephemeral", self.channel, self.ts, self)

    def read(self) -> Json:
        """As the control API tells it."""
        names = ("n", "ts", "channel", "user", "text", "blocks", "source", "thread_ts", "visible", "deleted")
        return {name: getattr(self, name) for name in names} | {"rendered": rendered(self.text, self.blocks)}


@dataclass(slots=True)
class Trigger:
    """A person's interaction, good for one modal within three seconds."""

    id: str
    user: str
    born: float
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Where the bot may answer one interaction: five times in thirty minutes."""

    id: str
    url: str
    user: str
    channel: str
    born: float
    original: str | None = None  # ts of the message or ephemeral it belongs to
    uses: int = 0


@dataclass(slots=True)
class OpenView:
    """A modal or home tab as one person has it."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    state: Json = field(default_factory=dict)
    open: bool = True
    team: str = TEAM

    @property
    def change(self) -> Change:
        """That it opened, shows something else, or closed."""
        return Change("view", key=self.id, thing=self)


@dataclass(slots=True)
class SharedFile:
    """A file in Slack. `redirect` sends its download elsewhere, `stub` shows only its id in events."""

    id: str
    name: str
    mimetype: str
    size: int
    user: str
    content: bytes | None = None  # None: zeros of that size
    redirect: str | None = None
    stub: bool = False
    alt: str = ""  # describes a picture
    title: str = ""  # the name, until another one is given


class Slack:
    """The workspace: people, channels, messages, and a log of all that happened."""

    def __init__(
        self, app: InstalledApp, rules: LimitRules, clock: Clock, team: str = TEAM, *, display_names: bool = True
    ) -> None:
        self.team = team
        self.app = app
        self.clock = clock
        self.stamps = Stamps(clock.wall)
        self.names = Names()
        self.news = News()
        self.faults = Faults()
        self.limits = RateLimits(rules, clock)
        self._display_names = display_names
        self.root = ""  # http://127.0.0.1:port, known once the server listens
        self.clear()

    def clear(self) -> None:
        """A fresh workspace. Ids go on, so nothing of the past comes again."""
        self.world = World(self.news, self.team, display_names=self._display_names)
        self.timelines: dict[str, Timeline] = {}
        self.calls: deque[Call] = deque(maxlen=LOG_LENGTH)
        self.ephemerals: list[Ephemeral] = []
        self._ephemerals_by_ts: dict[str, Ephemeral] = {}
        self.responses: list[Json] = []
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.views: dict[str, OpenView] = {}
        self.entered: dict[tuple[str, str], Json] = {}  # by person and message: what its fields hold
        self.offered: dict[tuple[str, str], list[Json]] = {}  # by message or view and action: what the bot offered
        self.files: dict[str, SharedFile] = {}
        self.share_delay = 0.05  # seconds from the answer to an upload until its message is there
        self.agent_sessions: dict[tuple[str, str], Json] = {}
        self.faults.clear()
        self.limits = RateLimits(self.limits.rules, self.clock)
        self._count = itertools.count(1)
        self.news.tell(Change("reset"))

    def number(self) -> int:
        """The next line number of the logs."""
        return next(self._count)

    def timeline(self, channel: str) -> Timeline:
        """The messages of a channel."""
        return self.timelines.setdefault(channel, Timeline())

    def message(self, channel: str, ts: str, error: str = "message_not_found") -> Message:
        """A message that must be there."""
        found = self.timeline(channel).get(ts)
        if found is None:
            raise SlackError(error)
        return found

    def ephemeral(self, ts: str | None) -> Ephemeral | None:
        """A private message by its timestamp, unless it was removed."""
        item = self._ephemerals_by_ts.get(ts or "")
        return None if item is None or item.deleted else item

    def whisper(
        self, channel: str, user: str, content: Json, source: str, *, thread_ts: str | None = None, visible: bool = True
    ) -> Ephemeral:
        """Show something to one person."""
        blocks = content.get("blocks") or []
        item = Ephemeral(self.number(), self.stamps.next(), channel, user, content.get("text") or "", blocks, source)
        item.thread_ts, item.visible = thread_ts, visible
        self.ephemerals.append(item)
        self._ephemerals_by_ts[item.ts] = item
        self.news.tell(item.change)
        return item

    def trigger(self, user: str) -> Trigger:
        """A new trigger id for what a person just did."""
        trigger = Trigger(self.names.next("") + ".0.play", user, self.clock.now())
        self.triggers[trigger.id] = trigger
        return trigger

    def pull(self, trigger_id: str) -> Trigger:
        """Use a trigger up."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock.now() - trigger.born > TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def agent_session(self, channel: str, thread_ts: str) -> Json | None:
        """The agent session of a thread; "processing" ends by itself (https://docs.slack.dev/ai/agent-sessions)."""
        session = self.agent_sessions.get((channel, thread_ts))
        if session and session["status"] == "processing" and self.clock.now() - session["set_at"] >= PROCESSING_LIFE:
            session["status"] = "active"
        return session

    def response_url(self, user: str, channel: str, original: str | None = None) -> ResponseUrl:
        """A new address to answer an interaction."""
        key = self.names.next("R")
        given = ResponseUrl(key, f"{self.root}/response/{key}", user, channel, self.clock.now(), original)
        self.response_urls[key] = given
        return given
