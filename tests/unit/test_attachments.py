"""What stands for files that are not shown."""

import pytest

from bot.domain.session import Session
from bot.views.attachments import file_lines, files_named
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

URL = "https://app.devin.ai/sessions/abc"


def session(url=URL, prompt="fix the login test"):
    return Session("s1", "T1", "org-1", "C1", "1.0", "U1", prompt, url=url)


def test_files_are_named_with_the_way_to_them():
    message = files_named(["login.png", "a & b.mp4"], session())
    assert_valid(message)
    assert message.text == "fix the login test: 📎 login.png, a &amp; b.mp4, open in Devin"
    assert message.blocks[0]["text"]["text"] == "\n".join(
        [f":paperclip: login.png, <{URL}|open in Devin>", f":paperclip: a &amp; b.mp4, <{URL}|open in Devin>"]
    )


def test_without_an_address_the_place_is_named_all_the_same():
    assert file_lines(["login.png"], session(url=None)) == [":paperclip: login.png, open in Devin"]


@pytest.mark.parametrize("url", [URL, "https://app.devin.ai/" + "x" * 900])
def test_any_names_make_a_valid_post(url):
    message = files_named([f"{number}{NASTY * 20}" for number in range(10)], session(url, NASTY * 9))
    assert_valid(message)
    assert_calls_nobody(message)
