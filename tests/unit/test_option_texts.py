"""Options as many people write them, in `option_texts.tsv`: a limit that is written is obeyed or asked about.

The rules were made from one half of the texts. Each line has what is read from a text: options, `ask`, or `none` where
the words are a part of the work. To ask about an option is right as well.
"""

from pathlib import Path
from zlib import crc32

import pytest

from bot.domain.commands.options import Known, parse_request, repos_by_name

TEXTS = [
    (expected, text.replace("\\n", "\n"))
    for line in (Path(__file__).parent / "option_texts.tsv").read_text(encoding="utf-8").splitlines()
    for expected, text in [line.split("\t")]
]
KNOWN = Known(
    {"deploy": "deploy", "upgrade deps": "Upgrade deps", "upgrade-deps": "Upgrade deps"},
    repos_by_name(["acme/api", "acme/billing", "acme/docs", "acme/infra", "acme/web"]),
    complete=True,
)


def outcome(text: str) -> str:
    request = parse_request(text, KNOWN)
    if request.mistyped:
        return "ask"
    options = request.options
    read = {
        "acu": options.acu,
        "mode": options.mode,
        "playbook": options.playbook,
        "repo": ",".join(options.repos),
        "tags": ",".join(options.tags),
        "title": options.title,
    }
    return ";".join(f"{name}={value}" for name, value in read.items() if value) or "none"


def wrong(kind: str, half: int) -> list[str]:
    """The texts of a kind in a half of which something else is read."""
    missed = []
    for expected, text in TEXTS:
        got = outcome(text)
        asked = got == "ask" and expected != "none"
        if kind_of(expected) == kind and crc32(text.encode()) % 2 == half and not asked:
            missed += [text] if ";".join(sorted(expected.split(";"))).lower() != got.lower() else []
    return missed


def kind_of(expected: str) -> str:
    return "none" if expected == "none" else "limit" if expected.startswith(("acu", "ask")) else "other"


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("kind", ["limit", "other", "none"])
def test_options_are_read_as_they_are_meant_or_asked_about(kind: str, half: int) -> None:
    assert wrong(kind, half) == []


def test_most_options_are_read_without_a_question() -> None:
    meant = [(expected, outcome(text)) for expected, text in TEXTS if expected not in {"ask", "none"}]
    assert sum(got == "ask" for _, got in meant) <= len(meant) * 0.07
