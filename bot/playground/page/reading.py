"""What the page reads: the workspace, messages, threads, views, sessions, calls, each as one person sees it."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from starlette.exceptions import HTTPException

from bot.playground.devin import life
from bot.playground.devin.problems import ProblemError
from bot.playground.devin.state import World
from bot.playground.page import rows
from bot.playground.page.answers import not_there
from bot.playground.slack.state import Ephemeral, Slack
from bot.playground.slack.timeline import Message
from bot.playground.slack.views import read as read_view
from bot.playground.slack.world import BOT_USER, Channel, Person

Json = dict[str, Any]
Thing = TypeVar("Thing")

TEAM_NAME: Final = "Play"
ME: Final = "U0ANN"
CALLS: Final = 200


class Reading:
    """Reads the simulated Slack and the simulated Devin."""

    def __init__(self, slack: Slack, devin: World) -> None:
        self.slack = slack
        self.devin = devin

    def workspace(self) -> Json:
        """People, channels, the app, and what can be typed and picked."""
        slack, app = self.slack, self.slack.app
        return {
            "team": TEAM_NAME,
            "app": {"name": app.name, "user": BOT_USER, "home_tab": app.has_home},
            "people": [rows.person(someone) for someone in slack.world.people.values()],
            "channels": [rows.channel(place, slack) for place in slack.world.channels.values()],
            "commands": [
                {"command": name, "description": command.description, "usage_hint": command.usage_hint}
                for name, command in app.commands.items()
            ],
            "shortcuts": [
                {"type": item.type, "name": item.name, "callback_id": item.callback_id, "description": item.description}
                for item in app.shortcuts
            ],
            "me": ME,
        }

    def messages(self, channel_id: str, user: str, before: str, limit: int) -> Json:
        """A page of a channel, the newest or the one before a timestamp."""
        place = self.place(channel_id, user)[1]
        standing = (message for message in self.slack.timeline(place.id).newest() if message.in_channel)
        earlier = (message for message in standing if not before or message.ts < before)
        found = list(islice(earlier, limit + 1))
        page, more = found[:limit][::-1], len(found) > limit
        since = page[0].ts if more else ""
        private = [
            item.read()
            for item in self.private(place.id, user)
            if item.thread_ts is None and item.ts >= since and (not before or item.ts < before)
        ]
        return {"messages": [message.read() for message in page], "ephemerals": private, "more": more}

    def thread(self, channel_id: str, ts: str, user: str) -> Json:
        """A parent with all its replies, also when asked for by the timestamp of a reply."""
        parent, *replies = self.whole_thread(channel_id, ts, user)
        private = [item.read() for item in self.private(parent.channel, user) if item.thread_ts == parent.ts]
        return {
            "messages": [message.read() for message in (parent, *replies)],
            "ephemerals": private,
            "agent": rows.agent(self.slack, parent.channel, parent.ts),
        }

    def views(self, user: str) -> Json:
        """The modals that are open on somebody's screen, bottom to top, and their home tab."""
        self.person(user)
        shown = [read_view(view) for view in self.slack.views.values() if view.open and view.user == user]
        home = next((view for view in shown if view["type"] == "home"), None)
        return {"modals": [view for view in shown if view["type"] == "modal"], "home": home}

    def sessions(self) -> Json:
        """All sessions, newest first."""
        return {"sessions": [rows.summary(session, self.devin.switches) for session in self.devin.held.by_age]}

    def session(self, session_id: str) -> Json:
        """One session with its conversation and the calls that were about it."""
        try:
            session = self.devin.session(session_id)
        except ProblemError as problem:
            raise not_there(f"There's no session {session_id}.") from problem
        about = (entry for entry in reversed(self.devin.journal.entries) if entry.session_id == session.bare_id)
        calls = [rows.devin_call(entry) for entry in last(about)]
        return {"session": life.snapshot(self.devin, session), "calls": calls}

    def calls(self) -> Json:
        """The last calls of the bot to either side."""
        return {
            "slack": [rows.slack_call(call) for call in last(reversed(self.slack.calls))],
            "devin": [rows.devin_call(entry) for entry in last(reversed(self.devin.journal.entries))],
        }

    def person(self, user: str) -> Person:
        """Somebody who must be there."""
        found = self.slack.world.people.get(user)
        if found is None:
            raise not_there(f"There's no one called {user}.")
        return found

    def place(self, channel_id: str, user: str) -> tuple[Person, Channel]:
        """A person, and a channel that they may look into."""
        person, place = self.person(user), self.slack.world.channels.get(channel_id)
        if place is None:
            raise not_there(f"There's no channel {channel_id}.")
        anybody = place.kind == "channel" and rows.role(person) in {"member", "admin"}
        if user not in place.members and not anybody:
            name = f"#{place.name}" if not place.is_direct else "these direct messages"
            raise HTTPException(403, f"{person.real_name} can't see {name}.")
        return person, place

    def whole_thread(self, channel_id: str, ts: str, user: str) -> list[Message]:
        """The messages of a thread, its parent first."""
        timeline = self.slack.timeline(self.place(channel_id, user)[1].id)
        root = timeline.root(ts)
        found = [] if root is None else timeline.thread((root.parent or root).ts)
        if not found:
            raise not_there("This thread is gone because its first message was deleted.")
        return found

    def private(self, channel_id: str, user: str) -> Iterator[Ephemeral]:
        """What only this person sees in a channel, oldest first."""
        return (
            item
            for item in self.slack.ephemerals
            if item.user == user and item.channel == channel_id and item.visible and not item.deleted
        )


def last(newest_first: Iterable[Thing]) -> list[Thing]:
    """The newest of them, newest last."""
    return list(islice(newest_first, CALLS))[::-1]
