"""What Devin links: text that looks like an address leads there, and nothing that isn't seen stands in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.devin_markdown import devin_markdown

GITHUB = "https://github.com/acme/web"
EVIL = "https://evil.com/x"


@pytest.mark.parametrize(
    "kept",
    [
        f"See [the fix]({GITHUB}/pull/7) and [github.com/acme]({GITHUB}).",
        f"[README.md]({GITHUB}/blob/main/README.md), [app.ts]({EVIL}), [v1.2.3]({GITHUB}), [acme/web#7]({GITHUB})",
        "[http://intranet/job](http://intranet/job/7) [http://10.0.0.1](http://10.0.0.1/x)",
        f"[www.github.com]({GITHUB}) <{GITHUB}> {GITHUB}. [Ada](mailto:ada@acme.com) [a(b)]({GITHUB}/x_(y))",
        f"`[{GITHUB}]({EVIL})` and ``a ` b``",
        f"```\n[{GITHUB}]({EVIL})\nslack://open\n```\nafter",
        f"1. a\n   ```py\n   [{GITHUB}]({EVIL})\n   ```\n2. b [x] - [ ] todo",
    ],
)
def test_honest_links_and_code_stay_as_they_are(kept):
    assert devin_markdown(kept) == kept


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[https://a.com](https://evil.com)", "<https://evil.com>"),
        (f"[go to a.com now]({EVIL})", f"<{EVIL}>"),
        (f"[**a**.com]({EVIL})", f"<{EVIL}>"),
        (f"[a&#46;com]({EVIL})", f"<{EVIL}>"),
        (f"[a\u200b.com]({EVIL})", f"<{EVIL}>"),
        (f"[a\u3002com]({EVIL} 'title')", f"<{EVIL}>"),
        (f"[paypal.com]({EVIL}/paypal.com)", f"<{EVIL}/paypal.com>"),
        (f"[README.md]({EVIL})", f"<{EVIL}>"),
        (f"[a\u2024com]({EVIL})", f"<{EVIL}>"),
        (f"[http://intranet/job]({EVIL})", f"<{EVIL}>"),
        (f"[https://localhost:8080]({EVIL})", f"<{EVIL}>"),
        (f"[192.168.0.1]({EVIL})", f"<{EVIL}>"),
        (f"[http:///intranet]({EVIL})", f"<{EVIL}>"),
        ("[https://a.com//b](https://a.com//b)", "[https://a.com//b](https://a.com//b)"),
        ("[ada@acme.com](mailto:eve@acme.com)", "<mailto:eve@acme.com>"),
        (f"![https://a.com]({EVIL})", f"<{EVIL}>"),
        (f"<{EVIL}|https://a.com>", f"<{EVIL}>"),
        ("[a\u202emoc](https://a.com)", "[amoc](https://a.com)"),
        ("[press](javascript:alert(1))", "press (`javascript:alert(1)`)"),
        ("[open](slack://channel?id=1) slack://x.", "open (`slack://channel?id=1`) `slack://x`."),
        ("[the guide](docs/guide.md)", "the guide (`docs/guide.md`)"),
        ("https://a.com@evil.com/x", "`https://a.com@evil.com/x`"),
        ("[a](https://a.com@evil.com/x)", "a (`https://a.com@evil.com/x`)"),
        (f"[https://a.com][1]\n\n[1]: {EVIL}", f"[https://a.com] [1]\n\n[1] : {EVIL}"),
        (f"[[[a.com]]]({EVIL})", f"[[[a.com]]] ({EVIL})"),
        (f"- a\n  ```\n[https://a.com]({EVIL})", f"- a\n  ```\n<{EVIL}>"),
        (f"a `\n[https://a.com]({EVIL}) `", f"a `\n<{EVIL}> `"),
        (f"| ` | [https://a.com]({EVIL}) ` |", f"| ` | <{EVIL}> ` |"),
        (f"\\`[https://a.com]({EVIL})\\`", f"\\`<{EVIL}>\\`"),
    ],
)
def test_no_link_leads_elsewhere_than_it_says(written, shown):
    assert devin_markdown(written) == shown


def test_hosts_that_are_not_allowed_are_text():
    hosts = {"github.com", "*.acme.com"}
    text = f"[x]({GITHUB}) https://ci.acme.com/1 [y]({EVIL}), {EVIL}. <{EVIL}> www.evil.com https://acme.com"
    assert devin_markdown(text, hosts) == (
        f"[x]({GITHUB}) https://ci.acme.com/1 y (`{EVIL}`), `{EVIL}`. `{EVIL}` `www.evil.com` `https://acme.com`"
    )


PIECES = [*"[]()<>|`\\! x\n", "```", "\n\n", "a.com", "https://a.com", EVIL]


@given(st.lists(st.sampled_from([*PIECES, "\u200b", "\u202e", "javascript:x", '"t"']), max_size=14).map("".join))
def test_no_order_of_signs_makes_a_link_that_misleads(text):
    shown = devin_markdown(text)
    assert not re.search("[\u200b\u202e]", shown)
    outside = "" if "`" in shown else shown
    assert not re.search(r"a\.com[^\[\]\n]*\]\(\s*<?https://evil", outside)
    assert not re.search(r"\]\(\s*<?javascript", outside)
