"""Which replies are for Devin, and which are people's talk."""

import pytest

from bot.domain.settings_values import TurnTaking
from bot.domain.turn_taking import LastReply, NotForDevin, Written, begins_with_another, is_talk, not_for_devin
from bot.views.answers.replies import NOT_FOR_DEVIN

BOT, ANN, BEN = "U0BOT", "U0ANN", "U0BEN"
WINDOW = 600.0


def written(text: str = "use pytest", user: str = ANN, ts: str = "1000.000100", *, mentions: bool = False) -> Written:
    return Written(user, ts, text, mentions)


@pytest.mark.parametrize(
    "text",
    [
        "<@U0BEN> what do you think?",
        "  <@U0BEN>: and you?",
        "<@U0BEN|ben> see above",
        "hey <@U0BEN> look",
        "Thanks, <@U0BEN>",
        "thank you <@W0BEN>!",
        "cc <@U0BEN>",
        "-> <@U0BEN>",
        "<!subteam^S0WEB> your turn",
        "<!subteam^S0WEB|@web> your turn",
        "<@U0BEN> <@U0ADA> lunch?",
    ],
)
def test_it_begins_by_addressing_somebody_else(text: str) -> None:
    assert begins_with_another(text, BOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<@U0BOT> go on",
        "hey <@U0BOT> go on",
        "use what <@U0BEN> wrote",
        "ask <@U0BEN>",
        "<!here> use pytest",
        "<#C0WEB> has the log",
        "<https://example.com> is broken",
        "thanks a lot, see what <@U0BEN> wrote",
        "hide <@U0BEN> from the list",
    ],
)
def test_it_is_about_somebody_or_for_devin(text: str) -> None:
    assert not begins_with_another(text, BOT)


def at(seconds: float) -> str:
    return f"{1000 + seconds:.6f}"


@pytest.mark.parametrize(
    ("last", "devin_ts", "user", "seconds", "talk"),
    [
        (None, None, ANN, 0, False),
        (LastReply(ANN, at(0), False), None, ANN, 5, False),  # one person who writes twice
        (LastReply(ANN, at(0), False), None, BEN, 5, True),  # an answer to the other
        (LastReply(ANN, at(0), False), None, BEN, 600, True),
        (LastReply(ANN, at(0), False), None, BEN, 601, False),  # too long ago
        (LastReply(BEN, at(0), True), None, BEN, 5, True),  # goes on talking
        (LastReply(BEN, at(0), True), None, ANN, 5, True),
        (LastReply(BEN, at(0), True), at(3), ANN, 5, False),  # Devin has written since
        (LastReply(BEN, at(0), True), at(-3), ANN, 5, True),  # before it
        (LastReply("", at(0), False), None, BEN, 5, False),  # the last one was to the bot
        (LastReply(BEN, at(9), True), None, ANN, 5, False),  # an older one, which was read late
        (LastReply(ANN, at(5), True), at(6), ANN, 5, True),  # decided before, as a crash came in between
        (LastReply(ANN, at(5), False), None, ANN, 5, False),
    ],
)
def test_two_people_talk(last: LastReply | None, devin_ts: str | None, user: str, seconds: float, talk: bool) -> None:
    assert is_talk(written(user=user, ts=at(seconds)), last, devin_ts, WINDOW) is talk


@pytest.mark.parametrize(
    ("text", "mentions", "turns", "talk", "expected"),
    [
        ("use pytest", False, TurnTaking.ALL, False, None),
        ("use pytest", False, TurnTaking.ALL, True, None),
        ("use pytest", False, TurnTaking.MENTIONS, False, NotForDevin.NO_MENTION),
        ("<@U0BOT> use pytest", True, TurnTaking.MENTIONS, False, None),
        ("use pytest", False, TurnTaking.TWO_PEOPLE, False, None),
        ("use pytest", False, TurnTaking.TWO_PEOPLE, True, NotForDevin.TALK),
        ("<@U0BOT> use pytest", True, TurnTaking.TWO_PEOPLE, True, None),
        ("<@U0BEN> use pytest?", False, TurnTaking.ALL, False, NotForDevin.ADDRESSED),
        ("<@U0BEN> use pytest?", False, TurnTaking.MENTIONS, False, NotForDevin.ADDRESSED),
        ("<@U0BEN> use pytest?", False, TurnTaking.TWO_PEOPLE, True, NotForDevin.ADDRESSED),
        ("<@U0BEN> and <@U0BOT> use pytest?", True, TurnTaking.ALL, False, None),
    ],
)
def test_whose_turn_it_is(
    text: str, mentions: bool, turns: TurnTaking, talk: bool, expected: NotForDevin | None
) -> None:
    assert not_for_devin(written(text, mentions=mentions), BOT, turns, talk) is expected


def test_what_its_author_reads_says_why_and_how() -> None:
    assert {reason.name: message.text for reason, message in NOT_FOR_DEVIN.items()} == {
        "ADDRESSED": "Not sent to Devin: you wrote to someone else. Mention Devin Bridge to send it.",
        "NO_MENTION": "Devin only gets mentions here. Mention Devin Bridge to send this.",
        "TALK": "Not sent to Devin: this looked like a side conversation. Mention Devin Bridge to send it.",
    }
