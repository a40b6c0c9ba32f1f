"""Every interaction besides commands that are typed, one row each: who gets what in which kind of channel.

To add a button, form, shortcut, reaction or event, add a row, or a reason to `ELSEWHERE`. A row is played by a member,
an admin, a guest, somebody of another company and a bot, in a public and a private channel, in direct messages and in
a channel shared with another company.

- `of`: what of the app it plays: `action:…`, `shortcut:…`, `form:…`, `event:…` and `reaction:…`. What the app has and
  no row names fails the test.
- `act`: what somebody does in a `Scene`. `needs`: how far the session is on which they do it.
- `gets`: the whole text that people of each kind read, with what is done. `NOTHING` is none of it. Who is not named
  cannot do it in Slack.
- `on`: what they get instead in one kind of channel. `places`: where it can be done, if not everywhere.
"""

from bot.views import dead_ends
from bot.views.answers import access as access_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.turn_ends import THANKS
from tests.said import a_session
from tests.scenarios.ahead import rows
from tests.scenarios.interactions import (
    ALL,
    HERE,
    NOTHING,
    OPENED,
    PEOPLE,
    PREVIEW,
    SENT,
    START_EMOJI,
    STARTED,
    STOPPED,
    At,
    Gets,
    Interaction,
    Kind,
    Place,
    Scene,
)
from tests.scenarios.walk import ANY, admins_only

# Nobody has set a limit.
CONTINUING = "Devin can't raise a session's limit. A new session continues it here, with 20 ACUs."

GUESTS, GUEST = access_sentences.GUESTS.text, access_sentences.GUEST_REFUSED.text
STRANGER, SHARED = access_sentences.OTHER_COMPANY_REFUSED.text, access_sentences.SHARED_CHANNEL_REFUSED.text
OUTSIDE: Gets = {Kind.GUEST: GUEST, Kind.STRANGER: STRANGER}
SILENT: Gets = {Kind.GUEST: NOTHING, Kind.STRANGER: NOTHING, Kind.BOT: NOTHING}
CHANNELS = HERE - {Place.DM}


def members(text: str) -> Gets:
    """What members and admins get alike."""
    return {Kind.MEMBER: text, Kind.ADMIN: text}


SAVED = "Saved.\n*Mine*\n• Mode: `fast`"


def at(place: Place, text: str) -> dict[Place, Gets]:
    """What members and admins get in one kind of channel."""
    return {place: members(text)}


async def launch(scene: Scene) -> None:
    await scene.on.slack.slash(scene.user, scene.channel, "")


async def settings(scene: Scene) -> None:
    await scene.on.slack.slash(scene.user, scene.channel, "settings")


async def sent_launch(scene: Scene) -> None:
    await launch(scene)
    (shown,) = await scene.on.slack.wait("views", user=scene.user, open=True, type="modal")
    task = {"task": {"task": f"Tidy up for {scene.user}"}}
    assert (await scene.on.slack.submit_view(scene.user, shown["id"], task))["closed"]


async def sent_settings(scene: Scene) -> None:
    await scene.on.slack.slash(scene.user, scene.channel, "settings mine")
    (shown,) = await scene.on.slack.wait("views", user=scene.user, open=True, type="modal")
    if "Loading…" in str(shown["blocks"]):
        await scene.on.slack.wait_for_call("views.update", text=shown["id"])
    fields = {"person.mode": {"person.mode": "fast"}}
    assert (await scene.on.slack.submit_view(scene.user, shown["id"], fields))["closed"]


async def new_session(scene: Scene) -> None:
    await scene.on.slack.shortcut(scene.user, "new_session")


async def send_to_devin(scene: Scene) -> None:
    await scene.on.slack.shortcut(scene.user, "send_to_devin", channel=scene.channel, ts=await said(scene))


async def save_as_note(scene: Scene) -> None:
    await scene.on.slack.shortcut(scene.user, "save_as_note", channel=scene.channel, ts=await said(scene))


async def said(scene: Scene) -> str:
    """A message that somebody has written there, which is for nobody but people."""
    if scene.place is Place.DM:
        return str(scene.on.simulated_slack.state.timeline(scene.channel).in_channel()[0].ts)
    return await scene.on.slack.say("U0ANN", scene.channel, "The deploy of web is red")


async def open_home(scene: Scene) -> None:
    await scene.on.slack.open_home(scene.user)


async def press_at_home(scene: Scene) -> None:
    (home,) = await scene.on.slack.wait("views", user=scene.user, type="home")
    await scene.on.slack.act("click", user=scene.user, view_id=home["id"], action_id="open_form")


async def start_by_reaction(scene: Scene) -> None:
    await scene.react(START_EMOJI, await said(scene))


async def write_link(scene: Scene) -> None:
    (opened,) = await rows(scene.on, "sessions", channel=OPENED)
    text = f"{scene.user} sees <https://app.devin.ai/sessions/{opened['devin_id']}>"
    if scene.kind is Kind.BOT:
        await scene.on.slack.post_as_app(scene.channel, "deploy", text=text)
    else:
        await scene.on.slack.say(scene.user, scene.channel, text)


async def quick_answer(scene: Scene) -> None:
    await scene.press("quick_answer#1", f"1 {scene.end.get('key', 'none')}")


async def number(scene: Scene) -> None:
    await scene.react("two", scene.post)


async def rate(scene: Scene) -> None:
    await scene.press("rate", f"good {scene.end.get('key', 'none')}")


async def try_again(scene: Scene) -> None:
    assert scene.session is not None
    await scene.press("try_again", scene.session.id)


async def continue_session(scene: Scene) -> None:
    assert scene.session is not None
    await scene.press("continue_session", scene.session.id)


async def cross(scene: Scene) -> None:
    await scene.react("x", scene.ts)


async def agent_stop(scene: Scene) -> None:
    event = {"type": "agent_session_stopped", "channel": scene.channel, "user": scene.user, "thread_ts": scene.ts}
    await scene.on.slack.emit(event)


async def stop(scene: Scene) -> None:
    assert scene.session is not None
    await scene.press("stop", scene.session.id)


def of(*names: str) -> frozenset[str]:
    return frozenset(names)


OPENS, NO_FORM = members("New Devin session"), {Kind.GUEST: GUESTS}
SHARED_TO_ALL = {Place.SHARED: dict.fromkeys(PEOPLE, SHARED)}
ASKS = f"{stop_sentences.stop_confirm(a_session(prompt='A long task')).text}\nStop it\nKeep running"
IN_DM = frozenset({Place.DM})
INTERACTIONS = (
    # It opens before Slack is asked who somebody is. The second time the bot knows a guest, and refuses at once.
    Interaction(
        name="launch form",
        of=of("form:launch"),
        act=launch,
        gets=OPENS | NO_FORM | {Kind.GUEST: OPENS[Kind.MEMBER]},
    ),
    Interaction(
        name="settings form",
        of=of("form:settings"),
        act=settings,
        gets=members(f"Settings{ANY}") | {Kind.GUEST: f"Settings\n{GUEST}"},
    ),
    Interaction(
        name="settings, sent",
        of=of("form:settings"),
        act=sent_settings,
        gets=members(f"{SAVED} {SAVED}"),  # in their DM, and where they opened it
        on=at(Place.DM, SAVED),
    ),
    Interaction(
        name="global shortcut",
        of=of("shortcut:new_session"),
        act=new_session,
        gets=OPENS | {Kind.GUEST: f"New Devin session\n{GUEST}"},
        places=IN_DM,
    ),
    Interaction(
        name="Send to Devin",
        of=of("shortcut:send_to_devin"),
        act=send_to_devin,
        gets=OPENS | {Kind.GUEST: f"New Devin session\n{GUEST}"},
        places=CHANNELS,
    ),
    Interaction(
        name="Save as knowledge",
        of=of("shortcut:save_as_note", "form:note_add"),
        act=save_as_note,
        gets={
            Kind.MEMBER: f"New note\n{admins_only('change notes')}",
            Kind.ADMIN: "New note",
            Kind.GUEST: f"New note\n{GUEST}",
        },
        places=CHANNELS,
    ),
    Interaction(
        name="Home",
        of=of("event:app_home_opened"),
        act=open_home,
        gets=members(f"Your Devin sessions\n{ANY}") | {Kind.GUEST: GUESTS},
        places=IN_DM,
    ),
    Interaction(name="Home: New session", of=of("action:open_form"), act=press_at_home, gets=OPENS, places=IN_DM),
    Interaction(
        name="link",
        of=of("event:link_shared"),
        act=write_link,
        gets=members(PREVIEW),  # guests and apps could try out addresses of sessions elsewhere
        on={Place.SHARED: dict.fromkeys(ALL, NOTHING)},
        places=CHANNELS,
    ),
    Interaction(
        name="quick answer",
        of=of("action:quick_answer"),
        act=quick_answer,
        needs=At.ASKING,
        gets=members(SENT) | OUTSIDE,
        on=SHARED_TO_ALL | at(Place.DM, f"{ANY}{SENT}"),
    ),
    Interaction(
        name="number",
        of=of("event:reaction_added", "reaction:OptionReaction"),
        act=number,
        needs=At.CHOOSING,
        gets=members(SENT) | OUTSIDE | {Kind.BOT: NOTHING},
        on={Place.SHARED: dict.fromkeys(ALL, NOTHING)} | at(Place.DM, f"{ANY}{SENT}"),
    ),
    Interaction(
        name="rate",
        of=of("action:rate"),
        act=rate,
        needs=At.DONE,
        gets=members(THANKS[True].text) | OUTSIDE,
        on=SHARED_TO_ALL,
    ),
    Interaction(
        name="try again",
        of=of("action:try_again"),
        act=try_again,
        needs=At.FAILED,
        gets=members(f"{dead_ends.TRYING_AGAIN.text}{ANY}") | OUTSIDE,
        on=SHARED_TO_ALL | at(Place.DM, f"{ANY}{dead_ends.TRYING_AGAIN.text}{ANY}"),
    ),
    Interaction(
        name="continue",
        of=of("action:continue_session"),
        act=continue_session,
        needs=At.LIMIT,
        gets=members(f"{CONTINUING}{ANY}") | OUTSIDE,
        on=SHARED_TO_ALL | at(Place.DM, f"{ANY}{CONTINUING}{ANY}"),
    ),
    Interaction(
        name="start emoji",
        of=of("event:reaction_added", "reaction:StartReaction"),
        act=start_by_reaction,
        gets=members(STARTED) | SILENT,
        on={Place.SHARED: dict.fromkeys(ALL, NOTHING)},
        places=CHANNELS,
    ),
    Interaction(
        name="launch form, sent",
        of=of("form:launch"),
        act=sent_launch,
        gets=members(f"Got it: {ANY}Tidy up for{ANY}{STARTED}"),
        on={
            **at(Place.DM, f"{ANY}Tidy up for{ANY}{STARTED}"),
            **at(Place.SHARED, f"Nothing was started: <#C0SHARED> is shared{ANY}Tidy up for{ANY}"),
        },
    ),
    Interaction(
        name="Slack's Stop",
        of=of("event:agent_session_stopped"),
        act=agent_stop,
        needs=At.ASKING,
        gets=members(ASKS) | OUTSIDE,
        on=at(Place.DM, f"{ANY}{STOPPED}"),
    ),
    Interaction(
        name="cross",
        of=of("event:reaction_added", "reaction:StopReaction"),
        act=cross,
        needs=At.CHOOSING,
        gets=members(ASKS) | OUTSIDE,
        on=at(Place.DM, f"{ANY}{STOPPED}"),
    ),
    Interaction(
        name="stop",
        of=of("action:stop"),
        act=stop,
        needs=At.DONE,
        gets=members("This session is already done. Reply here for changes.") | OUTSIDE,
    ),
)
# What the app has and is not played here: where it is instead.
PLACES = ("channel", "group")
_TYPED = "what is typed is walked by test_every_command.py"
_CHANNEL = "no person acts on the bot: test_shared_channel.py and test_people_who_change.py play it"
_APP = "of the app, whoever caused it: test_events.py plays it"
_ADMINS = "refused to others in test_every_command.py, pressed by admins in the scenarios of its feature"
_ALARMS = "stands where admins of sessions are; test_alarms.py plays who may press it"
ELSEWHERE = {
    "event:agent_session_title_changed": "answers nobody: test_agent_view.py plays whose title counts",
    **dict.fromkeys(("event:message", "event:app_mention"), _TYPED),
    **dict.fromkeys((f"event:{kind}_{what}" for kind in PLACES for what in ("archive", "left")), _CHANNEL),
    **dict.fromkeys(("event:channel_shared", "event:channel_unshared"), _CHANNEL),
    **dict.fromkeys(("event:app_uninstalled", "event:tokens_revoked"), _APP),
    **dict.fromkeys(("event:team_join", "event:user_change"), "about people, not by them: test_people_who_change.py"),
    **dict.fromkeys((f"action:alarm_{what}" for what in ("stop", "fine", "snooze")), _ALARMS),
    **dict.fromkeys(
        (
            f"action:{name}"
            for name in (
                "grant_more",
                "grant_half_more",
                "refuse_more",
                "stop_uncapped",
                "stop_fan_out",
                "retry_fan_out",
            )
        ),
        _ADMINS,
    ),
    "action:cancel_operation": "of whoever began the operation: test_operations.py plays who may press it",
    **dict.fromkeys(
        (f"form:{name}" for name in ("note_edit", "playbook_add", "playbook_edit", "schedule_add")),
        "opened by commands that test_every_command.py walks",
    ),
    "form:budget_set": "for admins alone: test_budgets.py",
    "form:grant_other": "for admins alone: test_starts_that_wait.py",
    "form:recently_done": "opened at Home alone, with the sessions of whoever opens it: test_home.py",
}
