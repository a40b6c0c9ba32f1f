"""Thanks, praise, greetings, short answers and emoji."""

import time

import pytest

from bot.domain.commands.small_talk import MOST_WORDS, SmallTalk, small_talk


@pytest.mark.parametrize(
    "text",
    [
        "thanks!",
        "Thank you",
        "thank you so much, Devin 🙏",
        "ok thanks",
        "great, thanks a lot!",
        "thanks for your help",
        "Perfect!",
        "Great work!",
        "nice",
        "awesome",
        "cool",
        "ok cool",
        "well done",
        "Great job, thanks!",
        "Thanks, that worked!",
        "it works now, thank you very much",
        "thanks, looks good",
        "Thanks for the quick fix!",
        "thanks for fixing it",
        "Hi Devin, thanks!",
        "that's awesome",
        "This looks really great!",
        "you're the best",
        "Wow, nice catch",
        "love it",
        "Danke schön",
        "merci beaucoup",
        "¡Muchas gracias!",
        ":pray:",
        "🎉",
        "❤️",
    ],
)
def test_thanks_and_praise(text):
    assert small_talk(text) is SmallTalk.THANKS


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "OK!",
        "sure",
        "good",
        "LGTM",
        "looks good to me",
        "sounds good",
        "got it",
        "fine",
        "+1",
        "👍",
        "👍🏽",
        ":+1:",
        ":thumbsup::skin-tone-3:",
        "✅",
        ":one:",
        "👎",
    ],
)
def test_what_agrees(text):
    assert small_talk(text) is SmallTalk.AGREEMENT


@pytest.mark.parametrize("text", ["yes", "Yep.", "yes, perfect", "yes thanks", "ok yes", "no thanks"])
def test_what_answers(text):
    assert small_talk(text) is SmallTalk.ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "hello 👋",
        "hi there",
        "hey there",
        "Good morning",
        "good evening everyone",
        "hola",
        "Olá",
        "Bonjour!",
        "moin",
        "Guten Tag",
        "buenos días",
        "你好",
        "nice to meet you",
    ],
)
def test_greetings(text):
    assert small_talk(text) is SmallTalk.GREETING


@pytest.mark.parametrize(
    "text",
    [
        "hi, how are you?",
        "How are you doing today?",
        "how's it going",
        "what's up",
        "What\u2019s up?",
        "what can you do?",
        "Hello, what can you do for me?",
        "who are you",
        "hello?",
        "anyone there?",
        "how does this work?",
        "ok?",
        "great?",
        "👍?",
    ],
)
def test_questions_that_are_no_task(text):
    assert small_talk(text) is SmallTalk.QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "no",
        "1",
        "2 please",
        "you",
        "hi, fix the login",
        "thanks, now the next one",
        "thanks for looking",
        "thanks, now add a test",
        "great, please also fix the logout",
        "perfect but rename it",
        "nice, merge it",
        "ok go on",
        "ok, 1",
        "yes do it",
        "yes please",
        "continue",
        "go ahead",
        "looks good, ship it",
        "that worked but the second one did not",
        "it works now on staging",
        "not good",
        "great work on the login test, now the logout test",
        "thanks, what about the docs?",
        "what's up with the build?",
        "what can you do about the flaky test?",
        "how does this work on Windows?",
        "hello world in Rust",
        "good morning greeting is wrong",
        "hola page has a typo",
        "thanks page is broken",
        "fine tune the model",
        "cool down period is too long",
        "sweet spot for the cache size",
        "help",
        "fix :bug: now",
        "LGTM, squash and merge",
        "+1 on the rename",
        "C++11",
        " ".join(["thanks"] * (MOST_WORDS + 1)),
    ],
)
def test_everything_else_says_more(text):
    assert small_talk(text) is None


@pytest.mark.parametrize("part", ["thanks ", "very good ", ":a", "@", "for the ", "👍", "that looks really ", "+1"])
def test_long_texts_take_no_time(part):
    begun = time.process_time()
    small_talk(part * 20_000)
    assert time.process_time() - begun < 1
