"""What is left out of a text as a secret: each known shape, values behind a word, and hardly anything else."""

import random
import re
import string
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from bot.domain import redaction
from bot.domain.redaction import LEFT_OUT, redact, redact_shapes

RULES = Path(redaction.__file__).with_name("secret_rules.tsv")
VALUE = "q7Wz9Lk2v" + "T4xB8nR3mC6p"  # put together, so that no scanner takes any of these for a real one
BEHIND_WORDS = {
    "password": "the password: hunter2!x",
    "passwd": "passwd=hunter2x",
    "in words": "the password is hunter2x",
    "in a file": 'DB_PASSWORD: "Tr!ckyPass"',
    "postgres": "postgresql://bridge:" + "s3cretPw" + "@db.acme.test:5432/bridge",
    "redis": "redis://:" + "s3cretPw" + "@cache",
    "mongo": "mongodb+srv://ada:" + "Lov3lace" + "@cluster.acme.test",
    "basic": "Authorization: Basic " + "YWRhOmxvdmVsYWNl",
    "bearer": "authorization: bearer " + VALUE,
    "bearer alone": "curl with Bearer " + VALUE,
    "header": "X-Api-Key: " + VALUE,
    "token": "the token is " + VALUE,
    "client": "client_secret: " + VALUE,
    "azure": "https://acme.blob.test/x?sv=1&sig=" + "a1B2%2B" * 8,
    "account": "AccountKey=" + "a1B2" * 21 + "==",
}
NONE = (
    "password: string",
    "password=None",
    "password: ${DB_PASSWORD}",
    "password=settings.database_password1",
    "postgresql://user:password@host/db",
    "postgresql://user:${PW}@host/db",
    "Authorization: Bearer YOUR_TOKEN",
    "Authorization: Bearer <token>",
    "the secret is out: Devin does the release notes",
    "token: authentication-of-the-second-kind",
    "twitter: authentication_of_the_bot",
    "the api key is rotated by the deployment-pipeline",
)


def rules() -> list[list[str]]:
    lines = RULES.read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("kind", "name", "keywords", "source"), rules(), ids=lambda one: None)
def test_each_rule_of_gitleaks_finds_a_secret_of_its_shape(kind: str, name: str, keywords: str, source: str) -> None:
    key = made(source)
    text = f"use {key} here" if kind == "shape" else f"{keywords.split(',', maxsplit=1)[0]}_token = '{key}'"
    left = redact(text)
    assert LEFT_OUT in left, name
    assert key not in left


def made(source: str) -> str:
    """Return something random that `source` matches, with letters and digits."""
    chosen = random.Random(source)
    found = (_written(chosen, vars(re)["_parser"].parse(source)) for _ in range(1000))
    return next(one for one in found if re.search("[0-9]", one) and re.search("[A-Za-z]", one))


def _written(chosen: random.Random, parts: Any) -> str:
    text = ""
    for kind, value in parts:
        match str(kind):
            case "LITERAL":
                text += chr(value)
            case "IN":
                letters = [one for one in string.printable if re.fullmatch(_class(value), one)]
                text += chosen.choice(letters)
            case "MAX_REPEAT":
                text += "".join(
                    _written(chosen, value[2])
                    for _ in range(chosen.randint(value[0], max(value[0], min(value[1], 120))))
                )
            case "SUBPATTERN":
                text += _written(chosen, value[3])
            case "BRANCH":
                text += _written(chosen, chosen.choice(value[1]))
    return text


def _class(items: Any) -> str:
    ranges = {"RANGE": lambda one: f"{re.escape(chr(one[0]))}-{re.escape(chr(one[1]))}"}
    return "[" + "".join(ranges.get(str(kind), lambda one: re.escape(chr(one)))(one) for kind, one in items) + "]"


@pytest.mark.parametrize("text", BEHIND_WORDS.values(), ids=BEHIND_WORDS)
def test_a_value_behind_a_word_is_left_out(text: str) -> None:
    left = redact(text)
    assert LEFT_OUT in left
    assert not [
        value for value in (VALUE, "hunter2", "Tr!cky", "s3cret", "Lov3", "YWRh", "a1B2%", "a1B2a1") if value in left
    ]


@pytest.mark.parametrize("text", NONE)
def test_names_samples_and_words_stay(text: str) -> None:
    assert redact(text) == text


def test_only_the_secret_is_left_out_and_a_key_with_all_its_lines() -> None:
    key = "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIEow" * 10 + "\nab==\n-----END PRIVATE KEY-----"
    assert redact(f"before\n{key}\nafter") == f"before\n{LEFT_OUT}\nafter"
    assert redact(redact(f"x {key}")) == f"x {LEFT_OUT}"


def test_the_log_leaves_out_shapes_alone() -> None:
    line = '{"key": "ghp_' + "a1B2" * 9 + '", "token": "q7Wz9Lk2vLk2vLk2v3"}'
    assert redact_shapes(line, "[redacted]") == '{"key": "[redacted]", "token": "q7Wz9Lk2vLk2vLk2v3"}'


def test_own_patterns_count_too() -> None:
    redaction.use(["acme-[0-9]{6}"])
    try:
        assert redact("take acme-123456.") == f"take {LEFT_OUT}."
    finally:
        redaction.use([])


ATTACKS = {
    "text": "the quick brown fox jumps over it, and then it writes a test. ",
    "names": "twitter=",
    "passwords": "password:",
    "addresses": "://a:",
    "shapes": "xoxb-",
    "pem": "-----BEGIN " + "PRIVATE KEY-----",
    "words": "secret token: ",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_the_work_grows_with_the_text(text: str) -> None:
    long, short = text * (100_000 // len(text)), text * (25_000 // len(text))
    redact(short)  # compiles
    times = [min(timed(one) for _ in range(5)) for one in (short, long)]
    assert times[1] < 12 * times[0] + 0.01  # 4 if the work is linear, 16 if it is quadratic


def timed(text: str) -> float:
    begun = time.process_time()
    redact(text)
    return time.process_time() - begun


def test_a_hundred_thousand_characters_take_under_twenty_milliseconds() -> None:
    text = ATTACKS["text"] * (100_000 // len(ATTACKS["text"]))
    assert min(timed(text) for _ in range(9)) < 0.02


def test_commits_and_code_have_hardly_a_false_alarm() -> None:
    root = Path(redaction.__file__).parents[2]
    said = subprocess.run(
        ["git", "log", "-n", "2000", "--format=%B%x00"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\0")
    chosen = random.Random(40)
    code = [path.read_text().splitlines() for path in sorted(Path(re.__file__).parents[1].rglob("asyncio/*.py"))]
    code += [path.read_text().splitlines() for path in sorted((root / "bot").rglob("*.py"))]
    starts = [(lines, chosen.randrange(max(1, len(lines) - 40))) for lines in chosen.choices(code, k=500)]
    texts = [*said, *("\n".join(lines[start : start + 40]) for lines, start in starts)]
    alarms = [text for text in texts if redact(text) != text]
    assert len(alarms) < 0.005 * len(texts)
