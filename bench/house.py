"""How large the house is, and in how many files one thing stands: `make house`, or `python -m bench.house --files`.

For one finished example of each kind, such as a command, this counts the files in which it stands, documents and tests
included, and how many of them were there before and had to be edited. A file counts if it names the example.
"""

import argparse
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SEARCHED: Final = ("*.py", "*.md", "*.yml", "*.txt", "*.toml")
PRODUCT: Final = ("bot/*", "handlers/*", "manifest.yml")
PLAYGROUND: Final = "bot/playground/*"
# This file, what `make steps` writes, and the paper that only points at the examples.
LEFT_OUT: Final = ("bench/house.py", "tests/crash/steps.txt", "CONTRIBUTING.md")
LINES: Final[Mapping[str, tuple[str, str]]] = {  # of Python: what is counted, and what of it is not
    "bot without its playground": ("bot/*.py", PLAYGROUND),
    "handlers": ("handlers/*.py", ""),
    "tests": ("tests/*.py", ""),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A finished thing: the names by which its files are found, as whole words, and the product's files of its own."""

    title: str
    names: str  # with semicolons between them
    own: tuple[str, ...]


EXAMPLES: Final = (
    # "members" is an everyday word, so it counts only as it is typed, listed, imported or asked of Devin. The service
    # users and addresses in the same file of Devin's client are not the command's.
    Example(
        "a command: /devin members",
        'MEMBERS; member_sentences; /devin members; | members |; "members", "ViewOrgMembership"; devin.members()'
        '; async def members(self); client(answer).members(); command="members"; "metrics", "members"',
        ("bot/features/reads/sentences.py",),
    ),
    # The sentence `channel_shared` has the name of the event, but is said without one too. So the event is found by
    # its class, its other type, its sample, its story, and the simulator's order that has it come.
    Example(
        "an event: channel_shared, channel_unshared",
        'ChannelShared; channel_unshared; type="channel_shared"; a channel becomes shared; unshare',
        ("bot/conversation/receive/channel_shared.py",),
    ),
    # All forms of the word, from the call to Devin to the table. Only the first sentence of `titles.py` names it.
    Example(
        "a notice: guardrail violations",
        "guardrail; guardrails; Guardrail; Guardrails; GUARDRAILS; GuardrailViolation; GuardrailWatch"
        "; guardrail_violations; guardrails_status; add_violation",
        ("bot/features/guardrails/*", "bot/devin/guardrails.py"),
    ),
    # The table and its queries, not whatever is said about subscriptions.
    Example(
        "a table: subscriptions",
        "subscription_rows; subscriptions: Final; tables.subscriptions; import subscriptions; pk_subscriptions"
        '; "subscriptions"; `subscriptions`; FROM subscriptions',
        ("bot/features/digest/*",),
    ),
)


def texts() -> dict[str, str]:
    """What the tracked files say, by their paths."""
    listed = subprocess.run(["git", "ls-files", *SEARCHED], cwd=ROOT, capture_output=True, text=True, check=True)
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in listed.stdout.splitlines()}


def naming(files: Mapping[str, str], names: str) -> list[str]:
    """The paths of the `files` in which one of the `names` stands as a whole word."""
    word = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names.split('; ')))})(?!\w)")
    return [path for path, text in files.items() if path not in LEFT_OUT and word.search(text)]


def among(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", action="store_true", help="name the files too; those that were edited have a star")
    asked, files = parser.parse_args(), texts()
    for what, (counted, but) in LINES.items():
        chosen = (text for path, text in files.items() if fnmatch(path, counted) and not fnmatch(path, but))
        print(f"{sum(len(text.splitlines()) for text in chosen):>7,} lines: {what}")
    for example in EXAMPLES:
        found = naming(files, example.names)
        edited = [path for path in found if among(path, PRODUCT) and not among(path, example.own)]
        playground = sum(fnmatch(path, PLAYGROUND) for path in edited)
        print(
            f"{len(found):>7} files, {len(edited)} of the product edited ({playground} in the playground): "
            f"{example.title}"
        )
        if asked.files:
            print(*(f"        {'*' if path in edited else ' '} {path}" for path in found), sep="\n")
    lists = [
        path for path in naming(files, "FEATURE") if among(path, PRODUCT) and not fnmatch(path, "bot/features/*/*")
    ]
    print(f"{len(lists):>7} files that list features by their FEATURE: {', '.join(lists)}")


if __name__ == "__main__":
    main()
