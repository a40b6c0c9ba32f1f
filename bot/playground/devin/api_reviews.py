"""Reviews of pull requests. Nobody reviews anything here: a review takes a while, or what a test sets."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bot.playground.devin import body
from bot.playground.devin.problems import invalid, not_found
from bot.playground.devin.route import Answer, Call, as_json
from bot.playground.devin.state import World

STARTS: Final = 3.0  # seconds at speed 1 from the request until Devin reads
ENDS: Final = 20.0  # until it has read


def create_review(call: Call) -> Answer:
    """POST …/pr-reviews: always of the newest commit."""
    order, world = call.body(), call.world
    body.check(order, {"pr_url": body.STRING}, "pr_url")
    url = order["pr_url"]
    host, path, number = _parts(url)
    review = {
        "repo_path": f"{host}{path}",
        "pr_number": number,
        "commit_sha": head_of(url),
        "status": None,  # by the clock, until something is set
        "created_at": datetime.fromtimestamp(world.seconds(), UTC).isoformat().replace("+00:00", "Z"),
        "org_id": call.org_id,
        "pr_url": url,
        "at": world.now(),
    }
    world.held.reviews.append(review)
    return as_json(_row(world, review))


def get_review(call: Call) -> Answer:
    """GET …/pr-reviews: the newest one of a commit, by default of the newest commit."""
    if "pr_url" not in call.query:
        raise invalid("query", "pr_url", "Field required", "missing")
    commit = call.query.get("commit_sha") or head_of(call.query["pr_url"])
    wanted = (call.org_id, call.query["pr_url"])
    for review in reversed(call.world.held.reviews):
        if (review["org_id"], review["pr_url"]) == wanted and review["commit_sha"].startswith(commit):
            return as_json(_row(call.world, review))
    raise not_found("Review")


def head_of(url: str) -> str:
    """The newest commit of a pull request, which never gets another one here."""
    return hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def _parts(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    path, _, number = parts.path.rpartition("/")
    repository = path.rpartition("/")[0].removesuffix("/-")
    if not parts.hostname or not number.isdecimal() or repository.count("/") < 2:
        raise invalid("body", "pr_url", "Input should be the URL of a pull request")
    return parts.hostname, repository, int(number)


def _row(world: World, review: dict[str, Any]) -> dict[str, Any]:
    age = (world.now() - review["at"]) * world.pace()
    status = "pending" if age < STARTS else "running" if age < ENDS else "completed"
    shown = ("repo_path", "pr_number", "commit_sha", "status", "created_at")
    return {name: review[name] for name in shown} | {"status": review["status"] or status}
