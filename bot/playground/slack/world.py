"""The workspace everybody starts with: its people and channels, with ids that never change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal, get_args

from bot.playground.news import Change, News
from bot.playground.shapes import FLAG, TEXT, Shape, misfit
from bot.playground.slack.errors import ImpossibleError

TEAM: Final = "T0PLAY"
OTHER_TEAM: Final = "T0OTHER"
APP: Final = "A0PLAY"
BOT_USER: Final = "U0BOT"
BOT_ID: Final = "B0BOT"
OTHER_APP: Final = "A0HOOK"
OTHER_BOT: Final = "B0HOOK"
DOMAIN: Final = "play"
FOUNDED: Final = 1_700_000_000
PLACES: Final = Change("workspace")  # people, channels or user groups changed

LONGEST_NAME: Final = 80  # characters, of a channel as of a person

Kind = Literal["channel", "group", "im", "mpim"]


@dataclass(slots=True)
class Person:
    """Somebody with a Slack account. `active` is whether an ephemeral message would reach them.

    Slack shows people by their `display_name`, and by their full name who have set none, for whom it is empty.
    """

    id: str
    name: str
    real_name: str
    email: str = ""
    team: str = TEAM
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    active: bool = True
    tz: str = "Europe/Berlin"
    home: str = TEAM  # the workspace that looks at this person
    display_name: str | None = None  # None: as `name`

    @property
    def is_stranger(self) -> bool:
        """From another company."""
        return self.team != self.home

    @property
    def _display_name(self) -> str:
        return self.name if self.display_name is None else self.display_name

    def shown(self, *, with_email: bool) -> dict[str, Any]:
        """As `users.info` answers. Strangers keep their address to themselves."""
        profile = {"real_name": self.real_name, "display_name": self._display_name, "team": self.team}
        if with_email and self.email and not self.is_stranger:
            profile["email"] = self.email
        user: dict[str, Any] = {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "profile": profile,
        }
        if not self.deleted:  # of whom Slack tells no more than this
            user |= self._rights()
        return user | {"is_stranger": True} if self.is_stranger else user

    def _rights(self) -> dict[str, Any]:
        return {
            "real_name": self.real_name,
            "tz": self.tz,
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
        }


@dataclass(slots=True)
class Channel:
    """A conversation: public channel, private group, a person's messages with the bot, or those of a few people."""

    id: str
    name: str
    kind: Kind = "channel"
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    is_ext_shared: bool = False
    team: str = TEAM
    creator: str = "U0ADA"

    @property
    def is_direct(self) -> bool:
        """Whether it is messages of one or a few people, which go by their names."""
        return self.kind in {"im", "mpim"}

    @property
    def has_bot(self) -> bool:
        """Whether the bot is a member."""
        return BOT_USER in self.members

    def shown(self) -> dict[str, Any]:
        """As `conversations.info` answers."""
        common = {"id": self.id, "created": FOUNDED, "is_archived": self.is_archived, "is_im": self.kind == "im"}
        if self.kind == "im":
            return {**common, "user": next(iter(self.members - {BOT_USER}), ""), "is_org_shared": False}
        return {
            **common,
            "name": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel",
            "is_member": self.has_bot,
            "is_general": self.id == "C0GENERAL",
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "context_team_id": self.team,
            "creator": self.creator,
        }


@dataclass(slots=True)
class UserGroup:
    """A user group; `is_disabled` is whether somebody has switched it off."""

    id: str
    handle: str
    users: set[str] = field(default_factory=set)
    is_disabled: bool = False
    team: str = TEAM

    def shown(self, *, with_users: bool, with_count: bool) -> dict[str, Any]:
        """As `usergroups.list` answers."""
        group: dict[str, Any] = {
            "id": self.id,
            "team_id": self.team,
            "is_usergroup": True,
            "name": self.handle,
            "handle": self.handle,
            "is_external": False,
            "date_create": FOUNDED,
            "date_delete": FOUNDED if self.is_disabled else 0,
        }
        group |= {"users": sorted(self.users)} if with_users else {}
        return group | ({"user_count": len(self.users)} if with_count else {})


class World:
    """The people, channels and user groups of a workspace, by id. Without `display_names` nobody has set one."""

    def __init__(self, news: News, team: str = TEAM, *, display_names: bool = True) -> None:
        self._news = news
        self.team = team
        self._display_name = None if display_names else ""
        people = (replace(person, display_name=self._display_name) for person in _people(team))
        self.people = {person.id: person for person in people}
        self.channels = {channel.id: channel for channel in _channels(team)}
        self.groups = {"S0BACKEND": UserGroup("S0BACKEND", "backend-team", {"U0ANN", "U0BEN"}, team=team)}
        for person in list(self.people.values()):
            if not person.is_bot and not person.is_stranger:
                self.direct(person.id)

    def direct(self, user: str) -> Channel:
        """The person's conversation with the bot, opened when it was not."""
        channel_id = "D" + user[1:]
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(channel_id, "directmessage", "im", {user, BOT_USER}, team=self.team)
            self._news.tell(PLACES)
        return self.channels[channel_id]

    def group_message(self, channel_id: str, people: Sequence[Person]) -> Channel:
        """The messages of these people: those that they have already, or else new ones under an id."""
        members = {person.id for person in people}
        for channel in self.channels.values():
            if channel.kind == "mpim" and channel.members == members:
                return channel
        name = f"mpdm-{'--'.join(person.name for person in people)}-1"
        shared = any(person.is_stranger for person in people)
        made = Channel(channel_id, name, "mpim", members, is_ext_shared=shared, team=self.team)
        self.channels[channel_id] = made
        self._news.tell(PLACES)
        return made

    def put_person(self, facts: dict[str, Any]) -> Person:
        """Add a person, or change some facts of one."""
        _check(facts, PERSON)
        made = Person(facts["id"], facts["id"].lower(), facts["id"], team=self.team, home=self.team)
        made.display_name = self._display_name
        known = self.people.get(made.id, made)
        self.people[known.id] = known
        _change(known, facts)
        self._news.tell(PLACES)
        return known

    def put_channel(self, facts: dict[str, Any]) -> Channel:
        """Add a channel, or change some facts of one."""
        _check(facts, CHANNEL)
        known = self.channels.get(facts["id"]) or Channel(facts["id"], facts["id"].lower(), team=self.team)
        self.channels[known.id] = known
        _change(known, facts | ({"members": set(facts["members"])} if "members" in facts else {}))
        self._news.tell(PLACES)
        return known

    def put_group(self, facts: dict[str, Any]) -> UserGroup:
        """Add a user group, or change some facts of one. Guests and people of other companies cannot be put into it."""
        _check(facts, GROUP)
        for user in facts.get("users", ()):
            person = self.people.get(user)
            if person is None or person.is_stranger or person.is_restricted or person.is_ultra_restricted:
                raise ImpossibleError(f"{user} can't be in a user group")
        known = self.groups.get(facts["id"]) or UserGroup(facts["id"], facts["id"].lower(), team=self.team)
        self.groups[known.id] = known
        _change(known, facts | ({"users": set(facts["users"])} if "users" in facts else {}))
        self._news.tell(PLACES)
        return known

    def join(self, channel: Channel, user: str) -> None:
        """Somebody comes into a channel."""
        channel.members.add(user)
        self._news.tell(PLACES)

    def leave(self, channel: Channel, user: str) -> None:
        """Somebody leaves a channel, or is put out of it."""
        channel.members.discard(user)
        self._news.tell(PLACES)

    def archive(self, channel: Channel, *, archived: bool) -> None:
        """A channel is archived, or brought back."""
        channel.is_archived = archived
        self._news.tell(PLACES)

    def share(self, channel: Channel, *, shared: bool) -> None:
        """A channel is shared with another company, or shared no longer."""
        channel.is_ext_shared = shared
        self._news.tell(PLACES)


def _check(facts: dict[str, Any], shapes: Mapping[str, Shape]) -> None:
    """Refuse a fact that is not what it must be, before any is changed."""
    found = misfit(facts, shapes)
    if found is not None:
        raise ImpossibleError(found)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST_NAME


def _are_members(value: Any) -> bool:
    return isinstance(value, list | set) and all(map(_is_name, value))


NAME: Final[Shape] = (f"a text of 1 to {LONGEST_NAME} characters", _is_name)
PERSON: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("id", "name", "real_name", "team", "tz"), NAME),
    "email": TEXT,
    **dict.fromkeys(("is_admin", "is_restricted", "is_ultra_restricted", "is_bot", "deleted", "active"), FLAG),
}
CHANNEL: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("id", "name"), NAME),
    "kind": (f"one of {', '.join(get_args(Kind))}", lambda value: value in get_args(Kind)),
    "members": ("a list of ids", _are_members),
    **dict.fromkeys(("is_archived", "is_ext_shared"), FLAG),
}
GROUP: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("id", "handle"), NAME),
    "users": ("a list of ids", _are_members),
    "is_disabled": FLAG,
}


def _change(thing: Person | Channel | UserGroup, facts: dict[str, Any]) -> None:
    for name in {item.name for item in fields(thing)} & facts.keys():
        setattr(thing, name, facts[name])


def _people(team: str) -> list[Person]:
    people = [
        Person(BOT_USER, "devin_bridge", "Devin Bridge", is_bot=True),
        Person("U0ANN", "ann", "Ann Lee", "ann@example.com"),
        Person("U0BEN", "ben", "Ben Ortiz", "ben@example.com"),
        Person("U0ADA", "ada", "Ada Weiss", "ada@example.com", is_admin=True),
        Person("U0GUEST", "gus", "Gus Guest", "gus@contractor.example", is_restricted=True),
        Person("U0EXT", "eve", "Eve Other", "eve@other.example", team=OTHER_TEAM),
    ]
    return [replace(person, home=team, team=team if person.team == TEAM else person.team) for person in people]


def _channels(team: str) -> list[Channel]:
    staff = {"U0ANN", "U0BEN", "U0ADA"}
    channels = [
        Channel("C0GENERAL", "general", members=staff | {"U0GUEST", BOT_USER}),
        Channel("C0WEB", "web", members=staff | {"U0GUEST", BOT_USER}),
        Channel("C0PRIVATE", "private", "group", members=staff | {BOT_USER}),
        Channel("C0SHARED", "shared", members=staff | {"U0EXT", BOT_USER}, is_ext_shared=True),
        Channel("C0ARCHIVED", "archived", members=staff | {BOT_USER}, is_archived=True),
        Channel("C0NOBOT", "nobot", members=set(staff)),
        Channel("C0OPS", "ops", members=staff | {BOT_USER}),
    ]
    return [replace(channel, team=team) for channel in channels]
