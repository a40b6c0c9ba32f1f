"""The names and figures of one session's story: plausible, its own, and the same in every run."""

import re
from pathlib import PurePosixPath
from random import Random
from typing import Any, Final

from bot.playground.devin.session import Session
from bot.playground.devin.task import path_in, subject_of

DEFAULT_REPO: Final = "acme/web"
_TYPESCRIPT: Final = re.compile(r"front|mobile|site|\bui\b|\bapp\b|js|ts\b|node|react", re.IGNORECASE)
_SLOW: Final = re.compile(
    r"\b(?:slow\w*|performance|latency|takes?|hours?|minutes?|seconds?|memory|time)\b", re.IGNORECASE
)
_DELETES: Final = re.compile(r"\b(?:delet|drop|purge|truncat|wipe)", re.IGNORECASE)
_DEPLOYS: Final = re.compile(r"\b(?:deploy|roll|releas|ship|restart)", re.IGNORECASE)
_REMARKS: Final = (
    "Now the whole suite.",
    "One other test relied on the old behavior, so I adjusted it. Now the whole suite.",
    "The linter wanted one name changed, which I did. Now the whole suite.",
)
_WELCOMES: Final = (
    "You're welcome. I'm here if anything else comes up.",
    "Glad to help. Write to me if something looks wrong in review.",
    "My pleasure. I'll sleep now; a message here wakes me.",
)


def scene_of(session: Session, words: str, seed: str, turn: int = 1) -> dict[str, Any]:
    """Everything a story's texts may name. `turn` counts what people have written: not every thanks has one answer."""
    repo = (session.repos or [DEFAULT_REPO])[0]
    topic = subject_of(words)
    slug = topic.replace(" ", "_") or "main"
    own = {
        "words": "{words}",  # filled in when it is said
        "repo": repo,
        "topic": topic or "main",
        "branch": f"devin/{session.number}-{slug.replace('_', '-')}",
        "welcome": _WELCOMES[(session.number + turn) % len(_WELCOMES)],
        "url": f"https://github.com/{repo}/pull/{100 + session.number}",
    }
    typescript = _TYPESCRIPT.search(repo) is not None
    dice = Random(f"{seed}/{session.number}")
    files = _files(slug, path_in(words), typescript=typescript)
    return own | files | _commands(slug, words) | _cause(slug, words) | _figures(dice)


def _files(slug: str, path: str | None, *, typescript: bool) -> dict[str, str]:
    stem = PurePosixPath(path).stem if path else slug
    if typescript:
        kebab = stem.replace("_", "-")
        return {
            "module": path or f"src/{kebab}/index.ts",
            "test": f"src/{kebab}/{kebab}.test.ts",
            "notes": f"docs/{kebab}.md",
            "waiting": "await sleep(1000);",
            "advancing": "vi.advanceTimersByTime(1000);",
            "package": f"@acme/{kebab}-core",
            "lock": "package-lock.json",
            "trouble": f"npm error 404 Not Found: @acme/{kebab}-core@2.4.1",
        }
    return {
        "module": path or f"src/{slug}.py",
        "test": f"tests/test_{stem.removeprefix('test_')}.py",
        "notes": f"docs/{slug}.md",
        "waiting": "time.sleep(1)",
        "advancing": "clock.advance(1)",
        "package": f"acme-{slug.replace('_', '-')}-core",
        "lock": "requirements.txt",
        "trouble": f"ERROR: No matching distribution found for acme-{slug.replace('_', '-')}-core==2.4.1",
    }


def _commands(slug: str, words: str) -> dict[str, str]:
    if _DELETES.search(words):
        return {"command": f"psql production -f sql/delete_{slug}.sql", "undo": f"make restore BACKUP=before_{slug}"}
    if _DEPLOYS.search(words):
        return {"command": "make deploy ENV=production", "undo": "make rollback ENV=production"}
    return {"command": "make migrate ENV=production", "undo": "make migrate-back ENV=production"}


def _cause(slug: str, words: str) -> dict[str, str]:
    if _SLOW.search(words):
        return {
            "cause": f"`load_{slug}` queries the database once per row instead of once per page",
            "remedy": "Load the rows of a page in one query",
            "guard": "Add a test that counts the queries",
        }
    return {
        "cause": f"`{slug.upper()}_TIMEOUT` is read in milliseconds, but everyone sets it in seconds",
        "remedy": "Read it in seconds, and reject impossible values",
        "guard": "Add a test for the value that production uses",
    }


def _figures(dice: Random) -> dict[str, Any]:
    runs = dice.randrange(10, 40) * 10
    many = dice.randint(120, 340)
    return {
        "effort": dice.uniform(0.8, 1.4),
        "runs": runs,
        "many_runs": f"{dice.randint(1, 4)},000",
        "failed": max(2, runs * dice.randint(3, 9) // 100),
        "cases": dice.randint(40, 400),
        "few": dice.randint(3, 6),
        "files": dice.randint(3, 9),
        "lines": dice.randint(12, 48),
        "lines_all": dice.randint(180, 620),
        "lines_test": dice.randint(90, 400),
        "commits": dice.randint(11, 38),
        "days": dice.randint(2, 28),
        "months": dice.randint(3, 14),
        "checks": dice.randint(180, 960),
        "saved": dice.randint(4, 19),
        "seconds": (seconds := dice.randint(20, 90)),
        "seconds_live": seconds + dice.randint(2, 15),
        "back": dice.randint(5, 18),
        "many": many,
        "half": many * dice.randint(45, 60) // 100,
        "some": dice.randint(20, 60),
        "sha": f"{dice.getrandbits(28):07x}",
        "remark": dice.choice(_REMARKS),
    }
