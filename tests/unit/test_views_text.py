"""Escaping, disarming, cutting and splitting."""

import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.shares import Share
from bot.views import text
from bot.views.plain_text import notification, plain
from bot.views.text import (
    acus,
    ago,
    counted,
    disarm,
    duration,
    escape,
    escaped,
    fitted,
    link,
    one_line,
    shortened,
    split,
    when,
)

CALLS = re.compile(r"<@|<!(?:channel|here|everyone|subteam)|@(?:channel|here|everyone)", re.IGNORECASE)


def test_escaping_is_done_once_and_in_order():
    assert escape("a < b && c > d &lt;") == "a &lt; b &amp;&amp; c &gt; d &amp;lt;"


def test_disarmed_text_reads_the_same():
    text = "<!channel> <@U1> @here me@example.org <!DOCTYPE html> <b>"
    assert disarm(text) == "<\u200b!channel> <\u200b@U1> @\u200bhere me@example.org <!DOCTYPE html> <b>"
    assert disarm(text).replace("\u200b", "") == text


CALLING = st.lists(
    st.sampled_from(["<", "!", "@", "channel", "here", "Everyone", "subteam^S1", ">", " ", "U1", "\n", "x"])
)


@given(CALLING.map("".join))
def test_nothing_calls_anybody_however_it_is_cut(text):
    for part in split(disarm(text * 30), limit=200, most=100):
        assert not CALLS.search(part)
    assert not CALLS.search(fitted(text))
    assert not CALLS.search(plain(text, 3_000))
    assert not CALLS.search(notification(text, text))


@given(st.text(), st.integers(1, 50))
def test_a_fitted_text_is_one_short_line_with_whole_escapes(text, length):
    line = fitted(text, length)
    assert len(line) <= length
    assert "\n" not in line
    assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", line)


def test_cutting():
    assert shortened("abc", 3) == "abc"
    assert shortened("ab cd", 4) == "ab…"
    assert fitted("<<<<<<", 10) == "&lt;&lt;…"
    assert fitted("use **kwargs and ```") == "use *\u200b*kwargs and `\u200b`\u200b`"
    assert one_line(" a\n\tb  c ") == "a b c"
    assert one_line("Pay\u202efdp\u202c \u200b me\u2066\u00ad\ufeff \u26a0\ufe0f") == "Payfdp me \u26a0\ufe0f"
    assert fitted("<\u200b!channel>") == "&lt;\u200b!channel&gt;"
    assert escaped("a<b", 6) == "a&lt;b"
    assert escaped("a<b", 5) == "a…"


@pytest.mark.parametrize(
    ("url", "label", "expected"),
    [
        ("https://x.example/a", "the page", "<https://x.example/a|the page>"),
        ("https://x.example/?a=1&b=2", "a & b", "<https://x.example/?a=1&amp;b=2|a &amp; b>"),
        ("https://x.example/a|b>c", "x", "<https://x.example/a%7Cb%3Ec|x>"),
        ("https://x.example", "<!channel>", "<https://x.example|&lt;\u200b!channel&gt;>"),
        ("javascript:alert(1)", "x", "x"),
        ("https://x.example/" + "a" * 2_000, "x", "x"),
        ("https://x.example/" + "&" * 900, "x", "x"),
        ("https://x.example/a b", "x", "x"),
        (None, "x", "x"),
    ],
)
def test_links(url, label, expected):
    assert link(url, label) == expected


def test_times_are_shown_in_the_readers_zone():
    assert when(1733385600.7) == "<!date^1733385600^{date_short_pretty} at {time}|Dec 5, 2024 at 8:00 AM UTC>"
    assert ago(1733385600) == "<!date^1733385600^{ago}|Dec 5, 2024 at 8:00 AM UTC>"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "0 ACUs"),
        (0.04, "under 0.1 ACUs"),
        (1.005, "1.01 ACUs"),
        (0.125, "0.13 ACUs"),
        (1, "1 ACU"),
        (1.5, "1.5 ACUs"),
        (10, "10 ACUs"),
        (2.345, "2.35 ACUs"),
        (1234.5, "1,234.5 ACUs"),
    ],
)
def test_acus(amount, words):
    assert acus(amount) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 seconds"),
        (1, "1 second"),
        (59.4, "59 seconds"),
        (60, "1 minute"),
        (725, "12 minutes"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86_400, "1 d"),
        (93_600, "1 d 2 h"),
    ],
)
def test_durations(seconds, words):
    assert duration(seconds) == words
    assert counted(1_000, "minute") == "1,000 minutes"


# ---------------------------------------------------------------- splitting

FENCED = "```python\n" + "\n".join(f"line_{number} = {number}" for number in range(40)) + "\n```"


def test_short_text_stays_whole():
    assert split("# Title\n\ntext\n") == ["# Title\n\ntext"]
    assert split(" \n\n ") == []
    assert split("") == []


def test_paragraphs_stay_together():
    text = "\n\n".join(letter * 100 for letter in "abcd")
    assert split(text, limit=260) == ["a" * 100 + "\n\n" + "b" * 100, "c" * 100 + "\n\n" + "d" * 100]


def test_a_fence_that_fits_is_not_cut():
    text = "intro " * 30 + "\n" + FENCED + "\n" + "after " * 20
    assert split(text, limit=len(FENCED) + 60) == [("intro " * 30).strip(), FENCED, ("after " * 20).strip()]


def test_a_long_fence_is_closed_and_opened_again():
    parts = split(FENCED, limit=200)
    assert len(parts) > 2
    for part in parts:
        assert part.startswith("```python\nline_")
        assert part.endswith("\n```")
    inside = "\n".join(part.removeprefix("```python\n").removesuffix("\n```") for part in parts)
    assert f"```python\n{inside}\n```" == FENCED


def test_a_fence_in_a_list_and_one_of_tildes_keep_their_form():
    indented = "- first\n\n" + "\n".join("  " + line for line in FENCED.splitlines())
    assert all(part.endswith("\n  ```") for part in split(indented, limit=300)[1:])
    tildes = FENCED.replace("```", "~~~~")
    assert all(part.startswith("~~~~python\n") and part.endswith("\n~~~~") for part in split(tildes, limit=300))


def test_a_fence_of_four_is_not_closed_by_three():
    text = "````md\n```\n" + "inner\n" * 60 + "```\n````\nafter"
    parts = split(text, limit=250)
    assert parts[0].startswith("````md\n```\n")
    assert all(part.count("````") == 2 for part in parts[:-1])


def test_long_lines_are_cut_at_words_and_only_then_anywhere():
    parts = split("word " * 100, limit=141)
    assert parts[0] == ("word " * 20).strip()
    assert [len(part) for part in split("x" * 500, limit=141)] == [100, 100, 100, 100, 100]


def test_beyond_the_most_parts_the_rest_is_left_out():
    text = "\n\n".join(f"{number} " + "x" * 150 for number in range(20))
    parts = split(text, limit=200)
    assert [part[:2] for part in parts] == ["0 ", "1 ", "2 ", "3 ", "4 "]


MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(["```", "```py", "  ```", "~~~", "````", "", "", "- item", "# head", "x" * 400]),
        st.text(alphabet="ab c`~", max_size=120),
    ),
    max_size=40,
).map("\n".join)


@given(MARKDOWN, st.integers(200, 600))
@example("```" + "a" * 90 + "\n" + "b" * 500, 200)
def test_parts_are_short_and_lose_nothing_but_white_space(text, limit):
    parts = split(text, limit, most=10_000)
    assert all(0 < len(part) <= limit for part in parts)
    assert all(part.strip() for part in parts)
    words = "".join(re.findall(r"[a-c#x-]", text))
    # Opening a fence again repeats its first line, which may hold letters of its own.
    repeated = "".join(re.findall(r"[a-c#x-]", "".join(parts)))
    assert len(repeated) >= len(words)
    if "`" not in text and "~" not in text:
        assert "".join("".join(parts).split()) == "".join(text.split())


@given(MARKDOWN)
def test_every_part_of_fenced_text_is_closed(text):
    for part in split(f"{text}\n", limit=250, most=10_000)[:-1]:
        assert _open_fences(part) == 0


def _open_fences(part):
    marks = ""
    for line in part.split("\n"):
        found = re.fullmatch(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,}(?!~))(.*)", line)
        if not marks and found:
            marks = found[1]
        elif marks and found and not found[2].strip() and found[1][0] == marks[0] and len(found[1]) >= len(marks):
            marks = ""
    return len(marks)


@pytest.mark.parametrize(
    ("set_to", "written"),
    [(7.25, "7.25 ACUs"), (Decimal("0.04"), "0.04 ACUs"), (1, "1 ACU"), (1200.0, "1,200 ACUs"), (100, "100 ACUs")],
)
def test_a_limit_is_shown_as_it_was_set(set_to, written):
    assert text.limit_of_acus(set_to) == written


def test_a_percentage_that_says_nothing_is_far_above():
    assert [text.percent(number) for number in (0, 130, 999, 1_000, 380_000)] == [
        "0%",
        "130%",
        "999%",
        "far above",
        "far above",
    ]


def test_what_is_rounded_to_nothing_is_little_everywhere():
    little = Share(Decimal("0.04"), Decimal("0.0"))
    assert {text.share_of(little), text.cell_of(little), text.tenths(0.04), text.one_tenth(0.04)} == {"under 0.1"}
    assert (text.share_of(Share(Decimal(2), Decimal("2.0"))), text.cell_of(Share(Decimal(2), Decimal("2.0")))) == (
        "2",
        "2.0",
    )
