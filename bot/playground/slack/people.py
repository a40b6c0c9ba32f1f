"""What a person does in Slack: write, edit, react, type a command. Impossible steps are refused."""

import re
from typing import Any, Final

from bot.playground.news import Change
from bot.playground.slack.arguments import MOST_TEXT, Args, Content, missing
from bot.playground.slack.delivery import Delivery
from bot.playground.slack.directory import EMOJI
from bot.playground.slack.errors import ImpossibleError, SlackError
from bot.playground.slack.files import in_message, shared
from bot.playground.slack.response_urls import respond
from bot.playground.slack.state import ResponseUrl, Trigger
from bot.playground.slack.timeline import Message
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import APP, DOMAIN, Channel, Person

Json = dict[str, Any]

FEWEST_IN_GROUP: Final = 3  # people, the one who opens it among them
MOST_IN_GROUP: Final = 9
MOST_TITLE: Final = 200  # characters
SIZE_OF_GROUP: Final = f"a group direct message has {FEWEST_IN_GROUP} to {MOST_IN_GROUP} members"
ENTITY: Final = re.compile(r"<([@#])([A-Z0-9]+)(?:\|[^>]*)?>")


class People:
    """The hands of everybody in the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def say(self, args: Args) -> Json:
        """Write a message, maybe in a thread, maybe with files. `text` is as Slack stores it: `<@U0BOT> hi`."""
        person, channel = self.place(args)
        if channel.is_archived:
            raise ImpossibleError(f"{channel.id} is archived: no one can write there")
        slack = self._workspace.slack
        parent = self.parent(channel, args.text("thread_ts"))
        specs = args.data("files") or []
        text = _written(args.text("text"), "message")
        if not text and not specs:
            raise ImpossibleError("a message has a text or a file")
        files = [in_message(slack, file) for file in shared(slack, specs, person.id)]
        subtype = "file_share" if files else "thread_broadcast" if parent and args.flag("broadcast") else None
        content = Content(text)
        message = self._workspace.post(channel.id, content, user=person.id, parent=parent, subtype=subtype, files=files)
        return {"ts": message.ts, "channel": channel.id, "message": message.read()}

    def edit(self, args: Args) -> Json:
        """Change one's own message."""
        message = self._own(args)
        self._workspace.update(message, Content(_written(args.need("text"), "message")), by=message.user)
        return {"message": message.read()}

    def delete(self, args: Args) -> Json:
        """Delete one's own message."""
        message = self._own(args)
        self._workspace.delete(message)
        return {"message": message.read()}

    def unfurl(self, args: Args) -> Json:
        """Slack adds a link's preview: a `message_changed` that no person made."""
        message = self.message(args)
        previous = message.shown()
        message.attachments = [{"id": 1, "from_url": "https://example.com/", "fallback": "Example"}]
        self._workspace.events.edited(message, previous, by_person=False)
        return {"message": message.read()}

    def react(self, args: Args) -> Json:
        """Add a reaction."""
        person, _ = self.place(args)
        message, name = self.message(args), args.need("name")
        if not EMOJI.fullmatch(name):
            raise ImpossibleError(f"there's no emoji called {name!r}")
        users = message.reactions.setdefault(name, [])
        if person.id in users:
            raise ImpossibleError(f"{person.id} has already reacted with {name}")
        users.append(person.id)
        self._workspace.events.reacted(message, person.id, name, added=True)
        return {"message": message.read()}

    def unreact(self, args: Args) -> Json:
        """Take a reaction back."""
        person, _ = self.place(args)
        message, name = self.message(args), args.need("name")
        if person.id not in message.reactions.get(name, []):
            raise ImpossibleError(f"{person.id} hasn't reacted with {name}")
        message.reactions[name].remove(person.id)
        if not message.reactions[name]:
            del message.reactions[name]
        self._workspace.events.reacted(message, person.id, name, added=False)
        return {"message": message.read()}

    async def slash(self, args: Args) -> Json:
        """Type a slash command; the result is what the person sees within three seconds."""
        person, channel = self.place(args)
        text = _written(args.text("text"), "command")
        slack, command = self._workspace.slack, args.text("command") or "/devin"
        if command not in slack.app.commands or person.is_stranger:  # who would need the app in their own workspace
            return {"status": "failed", "error": "not_a_command", "answer": None, "shown": None}
        slack.app.need("commands")
        trigger, given = slack.trigger(person.id), slack.response_url(person.id, channel.id)
        payload = _command(person, channel, command, self._typed(command, text), trigger, given)
        delivery = await self._workspace.courier.ask("slash_commands", payload, expects_answer=True)
        return self.outcome(delivery, trigger, given) | self._see(delivery, given)

    def open_home(self, args: Args) -> Json:
        """Open the app's home: the tab `home` or `messages`."""
        user = self.person(args).id
        direct = self._workspace.slack.world.direct(user)
        event = {"type": "app_home_opened", "user": user, "channel": direct.id, "tab": args.text("tab") or "home"}
        return {"event_id": self._workspace.events.send("app_home_opened", event)}

    def open_group(self, args: Args) -> Json:
        """Open a group direct message with others, one of whom may be the bot; the same people share one."""
        wanted = args.data("users")
        if not isinstance(wanted, list):
            raise ImpossibleError("the users of a group direct message are a list of ids")
        everybody = [self.person(args), *(self.person(Args({"user": user})) for user in wanted)]
        people = list({person.id: person for person in everybody}.values())
        if not FEWEST_IN_GROUP <= len(people) <= MOST_IN_GROUP:
            raise ImpossibleError(SIZE_OF_GROUP)
        slack = self._workspace.slack
        return {"channel": slack.world.group_message(slack.names.next("G"), people).shown()}

    def stop_agent(self, args: Args) -> Json:
        """Press Slack's own Stop button of an agent session."""
        person, channel = self.place(args)
        thread_ts = args.need("thread_ts")
        session = self._workspace.slack.agent_session(channel.id, thread_ts)
        if session is None or session["status"] != "processing":
            raise ImpossibleError("no agent is at work in this thread, so there's no Stop")
        event = {"type": "agent_session_stopped", "channel": channel.id, "user": person.id, "thread_ts": thread_ts}
        event_id = self._workspace.events.send(
            "agent_session_stopped", event | {"streaming_message_ts": []}, channel=channel.id
        )
        return {"event_id": event_id}

    def rename_agent(self, args: Args) -> Json:
        """Rename the thread of an agent session (https://docs.slack.dev/ai/agent-sessions)."""
        person, channel = self.place(args)
        thread_ts, title = args.need("thread_ts"), args.need("title")
        session = self._workspace.slack.agent_session(channel.id, thread_ts)
        if session is None or len(title) > MOST_TITLE:
            raise ImpossibleError("there's no agent session in this thread, or its title is too long")
        before, session["title"] = session["title"], title
        self._workspace.slack.news.tell(Change("agent", channel.id, thread_ts))
        event = {
            "type": "agent_session_title_changed",
            "channel": channel.id,
            "user": person.id,
            "team_id": person.team,
        }
        event |= {"thread_ts": thread_ts, "title": title, "previous_title": before}
        return {"event_id": self._workspace.events.send(event["type"], event, channel=channel.id)}

    def person(self, args: Args) -> Person:
        """The one who acts."""
        person = self._workspace.slack.world.people.get(args.need("user"))
        if person is None:
            raise ImpossibleError(f"there's no one called {args.text('user')}")
        if person.deleted:
            raise ImpossibleError(f"{person.id} is deactivated")
        return person

    def place(self, args: Args) -> tuple[Person, Channel]:
        """Who acts where; `im` stands for the person's messages with the bot."""
        person, world = self.person(args), self._workspace.slack.world
        channel_id = args.need("channel")
        channel = world.direct(person.id) if channel_id == "im" else world.channels.get(channel_id)
        if channel is None:
            raise ImpossibleError(f"there's no channel {channel_id}")
        if person.id not in channel.members:
            raise ImpossibleError(f"{person.id} isn't in {channel.id}")
        return person, channel

    def outcome(self, delivery: Delivery, trigger: Trigger, given: ResponseUrl | None = None) -> Json:
        """How a command or interaction went, for the one who did it."""
        acked = delivery.status == "acked"
        return {
            "status": delivery.status,
            "error": delivery.error,
            "answer": delivery.acked.result() if acked else None,
            "trigger_id": trigger.id,
            "response_url": given.url if given else None,
            "latency_ms": delivery.latency_ms,
            "shown": None,
        }

    def _see(self, delivery: Delivery, given: ResponseUrl) -> Json:
        """The answer in the ack, shown as Slack would; a broken one is not shown at all."""
        answer = delivery.acked.result() if delivery.status == "acked" else None
        payload = {"text": answer} if isinstance(answer, str) else answer
        if not payload:
            return {}
        try:
            return {"shown": respond(self._workspace, given, payload, "ack")}
        except SlackError as error:
            return {"error": error.code, "messages": error.messages}

    def _typed(self, command: str, text: str) -> str:
        """Names of people and channels as the command's escaping has them."""
        world, escaped = self._workspace.slack.world, self._workspace.slack.app.commands[command].should_escape

        def written(entity: re.Match[str]) -> str:
            sign, key = entity.groups()
            thing = world.people.get(key) or world.channels.get(key)
            name = thing.name if thing else key
            return f"<{sign}{key}|{name}>" if escaped else f"{sign}{name}"

        return ENTITY.sub(written, text)

    def parent(self, channel: Channel, thread_ts: str) -> Message | None:
        """The message that a reply hangs under; None without `thread_ts`."""
        if not thread_ts:
            return None
        root = self._workspace.slack.timeline(channel.id).root(thread_ts)
        if root is None or root.parent:
            raise ImpossibleError(f"no thread can hang under {thread_ts} in {channel.id}")
        return root

    def message(self, args: Args) -> Message:
        """The message that an act is about."""
        channel_id = self.place(args)[1].id if args.text("user") else args.need("channel")
        if not args.text("ts"):
            raise missing("ts")
        message = self._workspace.slack.timeline(channel_id).get(args.text("ts"))
        if message is None:
            raise ImpossibleError(f"there's no message {args.text('ts')} in {channel_id}")
        return message

    def _own(self, args: Args) -> Message:
        message = self.message(args)
        if message.user != args.text("user"):
            raise ImpossibleError(f"{args.text('user')} didn't write {message.ts}")
        return message


def _written(text: str, what: str) -> str:
    if len(text) > MOST_TEXT:
        raise ImpossibleError(f"a {what} has at most {MOST_TEXT:,} characters; this one has {len(text):,}")
    return text


def _command(person: Person, channel: Channel, command: str, text: str, trigger: Trigger, given: ResponseUrl) -> Json:
    names = {"im": "directmessage", "group": "privategroup", "mpim": "privategroup"}
    return {
        "token": "verification",
        "team_id": person.team,
        "team_domain": DOMAIN,
        "channel_id": channel.id,
        "channel_name": names.get(channel.kind, channel.name),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": given.url,
        "trigger_id": trigger.id,
    }
