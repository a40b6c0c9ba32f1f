"""A transcript: what a person sees, as Markdown."""

import re

import pytest

from tests.playground.house import EVIL, button, section

CHANNEL = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "channel", "channel_id": "C0OPS"}]}],
}
CHART = {
    "type": "data_visualization",
    "title": "ACUs a day",
    "chart": {
        "type": "line",
        "series": [{"name": "Spent", "data": [{"label": "Mon", "value": 1234.5}, {"label": "Tue", "value": 0}]}],
        "axis_config": {"categories": ["Mon", "Tue"]},
    },
}


def without_times(text):
    text = re.sub(r"(?<=· )\d\d:\d\d", "12:34", text)
    return re.sub(r"^## .*$", "## Today", text, flags=re.MULTILINE)


async def test_a_transcript_is_what_the_person_sees_as_markdown(house):
    text = "<@U0BOT> *fix* ~that~ in <#C0OPS|ops>, see <https://example.com/a|the page> &lt;b&gt; `a*b*c` :eyes:"
    parent = await house.say(text)
    await house.say("ok", user="U0BEN", thread_ts=parent, files=[{"name": "log.txt", "content": "1234"}])
    await house.do("react", user="U0BEN", channel="C0WEB", ts=parent, name="eyes")
    await house.do("react", user="U0ADA", channel="C0WEB", ts=parent, name="eyes")
    cell = {"type": "raw_text", "text": "a|b"}
    card = [
        {"type": "header", "text": {"type": "plain_text", "text": "Fix <it>"}},
        section("*Working*", fields=[{"type": "mrkdwn", "text": "*Started by* <@U0ANN>"}]),
        {"type": "markdown", "text": "- one\n- **two**"},
        {"type": "table", "rows": [[cell, cell], [cell, cell]]},
        {"type": "data_table", "caption": "By channel", "rows": [[cell, cell], [CHANNEL, cell]]},
        CHART,
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "just now"}]},
        {"type": "actions", "elements": [button("Stop", "stop"), button("For Ben", "b", value="1")]},
    ]
    await house.by_bot("chat.postMessage", channel="C0WEB", text="Fix it", blocks=card, thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="Nobody else", thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0BEN", text="Only Ben")
    gone = await house.say("oops")
    await house.say("late", user="U0BEN", thread_ts=gone)
    await house.do("delete", user="U0ANN", channel="C0WEB", ts=gone)
    later = await house.say("first")
    await house.do("edit", user="U0ANN", channel="C0WEB", ts=later, text="second")

    answer = await house.browser.get("/api/transcript", params={"channel": "C0WEB", "user": "U0ANN"})
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    told = without_times(answer.text)
    assert (
        told
        == """\
# #web in Play

As Ann Lee sees it; times are UTC.

## Today

**Ann Lee** · 12:34

@Devin Bridge **fix** ~~that~~ in #ops, see [the page](https://example.com/a) &lt;b&gt; `a*b*c` 👀

*👀 Ben Ortiz, Ada Weiss*

> **Ben Ortiz** · 12:34
>
> ok
>
> 📎 log.txt (text/plain, 4 bytes)

> **Devin Bridge** · 12:34
>
> ### Fix &lt;it&gt;
>
> **Working**
> **Started by** @Ann Lee
>
> - one
> - **two**
>
> | a\\|b | a\\|b |
> | --- | --- |
> | a\\|b | a\\|b |
>
> By channel
>
> | a\\|b | a\\|b |
> | --- | --- |
> | #ops | a\\|b |
>
> ACUs a day
>
> |  | Spent |
> | --- | --- |
> | Mon | 1,234.5 |
> | Tue | 0 |
>
> ---
>
> just now
>
> `[ Stop ]`  `[ For Ben ]`

> **Devin Bridge** · 12:34 · 🔒 *only visible to Ann Lee*
>
> Nobody else

*A message was deleted here.*

> **Ben Ortiz** · 12:34
>
> late

**Ann Lee** · 12:34 · *edited*

second
"""
    )
    query = {"channel": "C0WEB", "user": "U0BEN", "ts": gone}
    thread = (await house.browser.get("/api/transcript", params=query)).text
    assert (
        without_times(thread)
        == """\
# A thread in #web in Play

As Ben Ortiz sees it; times are UTC.

## Today

*A message was deleted here.*

**Ben Ortiz** · 12:34

late
"""
    )


async def test_rich_text_and_other_blocks_are_written_down_too(house):
    def leaf(kind, **more):
        return {"type": kind, **more}

    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    leaf("text", text="<bold>", style={"bold": True}),
                    leaf("text", text=" by "),
                    leaf("user", user_id="U0BEN"),
                    leaf("text", text=" in "),
                    leaf("channel", channel_id="C0OPS"),
                    leaf("text", text=" "),
                    leaf("emoji", name="eyes"),
                    leaf("text", text=" "),
                    leaf("link", url="https://example.com/", text="page"),
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [{"type": "rich_text_section", "elements": [leaf("text", text="one")]}],
            },
            {"type": "rich_text_quote", "elements": [leaf("text", text="said")]},
            {"type": "rich_text_preformatted", "elements": [leaf("text", text="a < b")]},
        ],
    }
    picture = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A chart"}
    await house.by_bot("chat.postMessage", channel="C0WEB", text="x", blocks=[rich, picture])
    text = (await house.browser.get("/api/transcript", params={"channel": "C0WEB", "user": "U0ANN"})).text
    assert (
        without_times(text).partition("12:34\n\n")[2]
        == """\
**&lt;bold&gt;** by @Ben Ortiz in #ops 👀 [page](https://example.com/)
1. one
> said
```
a < b
```

🖼 A chart
"""
    )


async def test_an_empty_transcript_says_so_and_a_strange_one_is_refused(house):
    group = (await house.do("open_group", user="U0ANN", users=["U0BEN", "U0BOT"]))["channel"]["id"]
    for direct in ("D0ANN", group):
        query = {"channel": direct, "user": "U0ANN"}
        assert (await house.browser.get("/api/transcript", params=query)).text == (
            "# Direct messages in Play\n\nAs Ann Lee sees it; times are UTC.\n\n*No messages yet.*\n"
        )
    assert await house.refused("/api/transcript", channel="C0PRIVATE", user="U0GUEST") == (
        403,
        "Gus Guest can't see #private.",
    )


async def test_a_link_that_could_run_something_is_only_its_label_in_a_transcript(house):
    await house.say(EVIL)
    text = await transcript(house)
    assert "](javascript:" not in text
    assert "<" not in text


async def transcript(house):
    return (await house.browser.get("/api/transcript", params={"channel": "C0WEB", "user": "U0ANN"})).text


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
        ("[a](javascript:alert(1)) [b]( data:x) [c](java&#115;cript:x)", None),
        ("[a]: javascript:alert(1)", "[a]\\: javascript:alert(1)"),
        ("[a](\n  javascript:x)", "[a]\\(\n  javascript:x)"),
        ("[a](https://example.com) [b](mailto:a@example.com)", "[a](https://example.com) [b](mailto:a@example.com)"),
        ("`<b>` and ``a ` <b>`` and <b>", "`<b>` and ``a ` <b>`` and &lt;b>"),
        ("``<img>` and \\`<img>`", "\\`\\`&lt;img>` and \\`&lt;img>\\`"),  # the code is: and \
        ("`a | <img src=x> | b`", "`a | &lt;img src=x> | b`"),
        ("```js\nif (a < b)", "```js\nif (a < b)\n```"),
        ("~~~~\n~~~\n<b>\n~~~~~\n<b>", "~~~~\n~~~\n<b>\n~~~~\n&lt;b>"),
        ("```\nx\r```\r<img>", "```\nx\n```\n&lt;img>"),
        ("- ```\n<img>\n```", "- \\`\\`\\`\n&lt;img>\n```\n```"),
        ("- a\n\n   ```\n<b>\n   ```\n<b>", "- a\n\n```\n<b>\n```\n&lt;b>"),
    ],
)
async def test_devins_markdown_runs_nothing_and_swallows_nothing(house, said, written):
    block = {"type": "markdown", "text": said}
    await house.by_bot("chat.postMessage", channel="C0WEB", text="x", blocks=[block])
    await house.say("after it")
    _, _, rest = without_times(await transcript(house)).partition("12:34\n\n")
    written = written or said.replace("](", "]\\(")
    assert rest == f"{written}\n\n**Ann Lee** · 12:34\n\nafter it\n"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("<<x|img src=x onerror=alert(1)>>", "&lt;img src=x onerror=alert(1)>"),
        ("<https://a.example|x](javascript:alert(1))[>", "[x]\\(javascript:alert(1))[](https://a.example)"),
        ("<slack://open|here>", "here"),
        ("see ```one\ntwo``` there", "see \n```\none\ntwo\n```\n there"),
        ("```one\ntwo", "```one\ntwo\n```"),
    ],
)
async def test_what_people_write_runs_nothing_and_swallows_nothing(house, said, written):
    await house.say(said)
    _, _, rest = without_times(await transcript(house)).partition("12:34\n\n")
    assert rest.partition("\n\n**")[0].rstrip("\n") == "\n".join(line.rstrip() for line in written.split("\n"))


async def test_names_stay_on_their_line(house):
    await house.do("person", id="U0ANN", real_name="<b>Ann</b> [x](javascript:1)")
    file = {"name": "a\n# Heading\r`<img>`.txt", "content": "1"}
    await house.say("", files=[file])
    text = without_times(await transcript(house))
    name = "&lt;b&gt;Ann&lt;/b&gt; [x]\\(javascript:1)"
    assert f"As {name} sees it; times are UTC." in text
    assert f"**{name}** · 12:34\n\n📎 a # Heading `&lt;img&gt;`.txt (text/plain, 1 byte)\n" in text
