"""What is said about the replies that reach Devin: it is true for each way in which people take turns."""

import pytest

from bot.domain.session import DisplayState
from bot.domain.settings_values import TurnTaking
from bot.features import COMMANDS
from bot.views.answers import replies as reply_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.help_texts import slash_help, thread_help
from bot.views.sentences import DETAIL_SENTENCES, STATE_SENTENCES, STEER
from bot.views.turn_taking import REACHES, in_turns

MENTIONS = TurnTaking.MENTIONS


@pytest.mark.parametrize(
    ("turns", "line"),
    [
        (TurnTaking.ALL, "Replies here go to Devin, unless they begin with someone else's @name."),
        (TurnTaking.MENTIONS, "Only replies that mention Devin Bridge go to Devin here."),
        (TurnTaking.TWO_PEOPLE, "Replies here go to Devin, except what people say to each other."),
    ],
)
def test_the_help_in_a_thread_begins_with_what_reaches_devin(turns: TurnTaking, line: str) -> None:
    first = thread_help(COMMANDS.specs, turns).text.splitlines()[0]
    assert first == f"{line} Commands in this thread (send each as its own message):"


@pytest.mark.parametrize(
    ("turns", "line"),
    [
        (TurnTaking.ALL, "• In a session's thread, reply to steer Devin; `!help` there shows what else you can do"),
        (
            TurnTaking.MENTIONS,
            "• In a session's thread, mention Devin Bridge to steer Devin; `!help` there shows what else you can do",
        ),
        (
            TurnTaking.TWO_PEOPLE,
            "• In a session's thread, reply to steer Devin (what people say to each other isn't sent); "
            "`!help` there shows what else you can do",
        ),
    ],
)
def test_the_help_of_the_command_says_how_to_steer_where_it_is_typed(turns: TurnTaking, line: str) -> None:
    assert line in slash_help(turns=turns).blocks[0]["text"]["text"].splitlines()


def test_who_unmutes_reads_what_reaches_devin_then() -> None:
    assert reply_sentences.unmuted(MENTIONS).text == (
        ":speaker: Unmuted. Only replies that mention Devin Bridge go to Devin here. Replies written while muted "
        "didn't."
    )
    assert reply_sentences.not_muted(TurnTaking.ALL).text == f"This thread isn't muted. {REACHES[TurnTaking.ALL]}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (STEER, "mention Devin Bridge in this thread to steer it"),
        (STATE_SENTENCES[DisplayState.ASLEEP], "Asleep. Mention Devin Bridge in the thread to resume."),
        (STATE_SENTENCES[DisplayState.ANSWERED], "Devin has answered. Mention Devin Bridge here for more."),
        (
            DETAIL_SENTENCES["error"],
            "Devin paused this session after an error. Mention Devin Bridge in the thread to resume.",
        ),
        ("Stopping. Reply to resume later.", "Stopping. Mention Devin Bridge to resume later."),
    ],
)
def test_where_only_mentions_reach_devin_nobody_is_asked_for_a_mere_reply(words: str, said: str) -> None:
    assert in_turns(words, MENTIONS) == said
    assert in_turns(words, TurnTaking.ALL) == in_turns(words, TurnTaking.TWO_PEOPLE) == words


def test_who_stops_a_session_reads_how_to_resume_it() -> None:
    said = ":black_square_for_stop: Stopped by ann. Mention Devin Bridge to resume."
    assert stop_sentences.stopped("ann", turns=MENTIONS).text == said


def test_no_sentence_about_a_state_asks_for_a_mere_reply_where_only_mentions_reach_devin() -> None:
    asking = [*STATE_SENTENCES.values(), *DETAIL_SENTENCES.values()]
    assert [words for words in asking if "eply" in in_turns(words, MENTIONS)] == []
