"""Devin's Markdown as one line of words."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import blocks
from bot.views.figure_tables import Cell, FigureTable, table_message
from bot.views.plain_text import MESSAGE_LIMIT, notification, plain, without_blocks

CALLS = re.compile(r"<|@(?:channel|here|everyone)", re.IGNORECASE)


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        (
            "**Which one do you want?**\n\n1. Freeze the clock\n2. Pass a clock in",
            "Which one do you want? 1 Freeze the clock 2 Pass a clock in",
        ),
        ("# Result\n\nAll *tests* are ~~red~~ __green__.", "Result All tests are red green."),
        ("Result\n======\n\n> quoted\n> words\n\n---\n\nend", "Result quoted words end"),
        ("- one\n  - two\n    1. three\n    2. four\n* five", "one two 1 three 2 four five"),
        ("7) seven\n8) eight", "7 seven 8 eight"),
        ("| Test | Result |\n|:--|--:|\n| login | **green** |\n| a \\| b | red |", "Test Result login green a | b red"),
        ("| login | green |\n| cart | red |", "login green cart red"),
        ("Run:\n\n```python\nx = 1\nif x:\n    y()\n```\nThen `make  test`.", "Run: x = 1 if x: y() Then make test."),
        ("```\nnever closed\n**bold**", "never closed *\u200b*bold*\u200b*"),
        ("    indented\n    code", "indented code"),
        ("See [the *log*](https://x.example/log) and <https://x.example/a>.", "See the log and https://x.example/a."),
        ("See [the log][1].\n\n[1]: https://x.example/log 'title'", "See the log."),
        ("![The **login** page](https://x.example/a.png) ![](https://x.example/b.png) done", "The login page done"),
        ("<details><summary>Log</summary>\n\n**all**<br>green\n</details><!-- hidden -->", "Log all green"),
        ("a &amp; b &lt; c \\*literal\\*", "a &amp; b &lt; c *literal*"),
        ("line one\nline two  \nline three", "line one line two line three"),
        ("`def f(**kwargs)` and `` ```js ``", "def f(*\u200b*kwargs) and `\u200b`\u200b`js"),
        ("** not bold and ``` no fence", "*\u200b* not bold and `\u200b`\u200b` no fence"),
        ("<!channel> <@U666> @here", "&lt;\u200b!channel&gt; &lt;\u200b@U666&gt; @\u200bhere"),
        ("<https://evil.example|click>", "https://evil.example|click"),
        ("@**here** @`channel`", "@\u200bhere @\u200bchannel"),
        ("---", ""),
        ("", ""),
    ],
)
def test_only_the_words_stay(markdown, words):
    assert plain(markdown, 1_000) == words


def test_a_long_text_is_cut_behind_a_word():
    assert plain("one two three", 13) == "one two three"
    assert plain("one two three", 12) == "one two…"
    assert plain("one two three", 4) == "one…"
    assert plain("onetwothree", 5) == "onet…"
    assert plain("a &&& b", 12) == "a…"  # the signs are escaped: no escape is cut in two


def test_a_text_longer_than_what_is_read_ends_behind_a_word():
    assert plain("word " * 10_000, 100_000) == "word " * 798 + "word…"


def test_a_notification_begins_with_the_title():
    assert notification("Fix the login test", "**Done.**\n\n- all green") == "Fix the login test: Done. all green"
    assert notification("Use **kwargs & <b>", "***") == "Use *\u200b*kwargs &amp; &lt;b&gt;"


MARKUP = st.lists(
    st.sampled_from([*"**__~~```||-#[]()!<>@&\\\n ab:", "channel", "here", "1. ", "    ", "\n\n", "|-|", "lt;"])
)


@given(MARKUP.map("".join), st.integers(1, 60))
def test_no_markup_and_no_mention_is_left_whatever_the_text(markdown, length):
    line = plain(markdown, length)
    assert len(line) <= length
    assert not re.search(r"\*\*|``|\s{2}|[\n\r]", line)
    assert not CALLS.search(line)
    assert not re.search(r"&(?!(?:amp|lt|gt);)", line)


@pytest.mark.parametrize(
    "part",
    ["![", "[", "[a](", "*a **b _c ", "````` ", "<a '", "> ", "- ", "|", "|a|\n|-|\n", "a\n", "<!--", "```\n", "\\"],
)
def test_no_text_keeps_the_parser_busy(part):
    started = time.process_time()
    plain(part * (40_000 // len(part)), 3_000)
    assert time.process_time() - started < 1.0  # the worst takes a few hundredths; 40,000 brackets would take seconds


# ---------------------------------------------------------------- without blocks

URL = "https://app.devin.ai/sessions/abc"


def test_a_message_without_its_blocks_says_all_of_it_and_links_to_the_session():
    said = [
        blocks.section(":information_source: *Done* <https://x.example|see>"),
        blocks.markdown("# Result\n\n**a** < b & c"),
        *blocks.context(["one", "two"]),
        *blocks.actions(blocks.button("Stop", "stop", "s1"), blocks.open_button(URL)),
    ]
    assert without_blocks(said, URL) == (
        ":information_source: *Done* <https://x.example|see>\n\n# Result\n\n**a** &lt; b &amp; c\n\none · two\n\n"
        "<https://app.devin.ai/sessions/abc|Open in Devin>"
    )
    assert without_blocks([blocks.header("Digest <b>")], None) == "Digest &lt;b&gt;"


def test_a_table_without_its_block_has_a_line_for_each_row():
    table = blocks.data_table("Changes", [["When", "Where"], ["today", blocks.channel_cell("C1")], ["<b>", ""]])
    assert without_blocks([blocks.section("Head."), table], None) == (
        "Head.\n\nWhen · Where\ntoday · <#C1>\n&lt;b&gt; · -"
    )
    cells = [[Cell("web", url="https://x.example/1"), Cell("3", value=3.0)]]
    data, plain, _ = table_message(FigureTable("Sessions", ("Name", "ACUs"), cells)).forms()
    for form in (data, plain):
        assert without_blocks(form.blocks, None).endswith("Name · ACUs\n<https://x.example/1|web> · 3")


def test_a_message_whose_blocks_have_no_words_has_none_without_them():
    assert without_blocks([*blocks.actions(blocks.open_button(URL)), {"type": "divider"}], URL) == ""


@pytest.mark.parametrize("sign", ["<", "x", "& "])
def test_a_message_without_its_blocks_fits_into_a_message(sign):
    whole = without_blocks([blocks.markdown(sign * 11_500), blocks.section("a" * 3_000), blocks.section("b")], URL)
    assert len(whole) <= MESSAGE_LIMIT
    assert whole.endswith("<https://app.devin.ai/sessions/abc|Open in Devin>")
    assert not re.search(r"&(?!(?:amp|lt|gt);)", whole)
