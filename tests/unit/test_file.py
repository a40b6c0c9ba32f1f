"""Files that Devin names in what it writes."""

import time

import pytest

from bot.domain.file import DevinFile, without_files

AT = "https://app.devin.ai/attachments"
PNG, LOG = DevinFile("a b.png", "u-1"), DevinFile("log.txt", "u2")


@pytest.mark.parametrize(
    ("text", "words", "files"),
    [
        (f'It works now.\nATTACHMENT:"{AT}/u-1/a%20b.png"\n\nSee the log.', "It works now.\n\nSee the log.", [PNG]),
        (f'ATTACHMENT:"{AT}/u-1/a%20b.png"\nATTACHMENT:"{AT}/u2/log.txt"', "", [PNG, LOG]),
        ('ATTACHMENT:"http://127.0.0.1:3/v3/organizations/o/attachments/u2/log.txt"', "", [LOG]),
        (f'- ATTACHMENT:"{AT}/u2/log.txt"\n- next', "- next", [LOG]),
        (f'See ATTACHMENT:{{"url":"{AT}/u2/log.txt","fileSize":23075}} here', "See  here", [LOG]),
        (f"ATTACHMENT: {AT}/u2/log.txt", "", [LOG]),
        (f"![the page]({AT}/u-1/a%20b.png)", "", [PNG]),
        (f"Read [the log]({AT}/u2/log.txt) first.", "Read the log first.", [LOG]),
        (f"It is at {AT}/u2/log.txt, or <{AT}/u2/log.txt>.", "It is at log.txt, or log.txt.", [LOG]),
        ("https://api.devin.ai/v3/organizations/org-1/attachments/u2/log.txt", "log.txt", [LOG]),
        (f'ATTACHMENT:"{AT}/u2/log.txt?token=secret"', "", [LOG]),
        ('ATTACHMENT:"https://files.example/one.png"', "", [DevinFile("one.png")]),
        (f'ATTACHMENT:"{AT}/../sessions"', "", [DevinFile("sessions")]),  # no other address of the API is asked for
        ('ATTACHMENT:"https://[odd/x"', "", [DevinFile("file")]),
    ],
)
def test_files_are_taken_out_of_the_words(text, words, files):
    assert without_files(text) == (words, tuple(files))


@pytest.mark.parametrize(
    "text",
    [
        "No files.\n\n- \n  \nAt all.",
        "ATTACHMENT: means a file",
        'ATTACHMENT:"this"',
        'ATTACHMENT:{"url":3} ATTACHMENT:{odd}',
        "https://app.devin.ai/sessions/abc and https://devin.ai.evil.example/attachments/u/x.png",
        "![logo](https://x.example/attachments/u/logo.png)",
    ],
)
def test_what_names_no_file_of_devins_stays_as_it_is(text):
    assert without_files(text) == (text, ())


@pytest.mark.parametrize(
    "part", ["[", "![a](https://x.devin.ai/a/", "ATTACHMENT:{", 'ATTACHMENT:"http://', "https://a."]
)
def test_no_text_takes_long(part):
    started = time.process_time()
    without_files(part * (40_000 // len(part)))
    assert time.process_time() - started < 0.5
