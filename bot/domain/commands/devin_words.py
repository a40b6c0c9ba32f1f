"""What is typed behind the commands of `devin_specs`: a schedule, a pull request, a part of a name, a period."""

import re
from typing import Final
from urllib.parse import urlsplit

from bot.domain.billing import Period
from bot.domain.commands.quotation_marks import unquoted
from bot.domain.commands.spec import Argument

MOST_WORDS_OF_A_NAME: Final = 2  # a longer text behind `members` reads like a task
MOST_WORDS_OF_A_SCHEDULE: Final = 6  # with a capital
MOST_AROUND_REVIEW: Final = 2  # words beside the polite ones: more say what to look at
_POLITE: Final = frozenset(
    ("a can could do for hi hey me please pls pr pull request thanks the this us would you").split()  # noqa: SIM905
)
_REVIEW: Final = re.compile(
    r"\breview\w*|\brel(?:is\w*|ire)\b|\brevis(?:a|ar|e|iona|ionare)\b|レビュー|审查|评审|리뷰|ревью"
)
METRICS_PERIODS: Final = (Period.WEEK, Period.MONTH)  # the first one counts where none is typed
_NAME: Final = re.compile(r"[\w@.+'\N{RIGHT SINGLE QUOTATION MARK}-]+")
_PULL: Final = re.compile(
    r"(?P<path>(?:/[^/?#\s]+){2,20}/(?:pull|pulls|merge_requests|pull-requests|pullrequest)/[0-9]{1,9})(?:[/?#]\S*)?"
)
_SHORT: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)+[#!][0-9]+|(?:www\.)?(?:github|gitlab|bitbucket)\.\w+/\S*")
_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", re.IGNORECASE)


def pull_request_url(typed: str) -> str | None:
    """Return the address of the pull request whose address, or that of a page of it, was `typed`; None for others.

    It may begin with the name of its host.
    """
    address = typed.strip("<>")
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    found = _PULL.fullmatch(parts.path)
    if found is None or parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    where = host if port is None else f"{host}:{port}"
    return f"{parts.scheme}://{where}{found['path']}"


def asked_review(text: str) -> str | None:
    """Return the address of the pull request that `text` asks to review, if it says nothing else; None for others."""
    words = text.split()
    urls = [url for word in words if (url := pull_request_url(word.strip(".,!?()")))]
    others = _REVIEW.sub("", " ".join(word for word in words if "://" not in word).lower())
    said = [word for word in re.findall(r"\w+", others) if word not in _POLITE]
    asks = len(urls) == 1 and _REVIEW.search(text.lower()) is not None
    return urls[0] if asks and len(said) <= MOST_AROUND_REVIEW else None


def _schedule(typed: str) -> str | None:
    """Read a number, an id, or a name: of a word or two, with a capital, or in quotation marks. More is a task."""
    words = typed.split()
    is_name = unquoted(typed) is not None or (len(words) <= MOST_WORDS_OF_A_SCHEDULE and typed[:1].isupper())
    return typed if len(words) <= MOST_WORDS_OF_A_NAME or is_name else None


def _pull_request(typed: str) -> str | None:
    """Read what is meant for a pull request, right or wrong: an address gets a sentence, and starts nothing."""
    if not typed:
        return ""
    if len(typed.split()) > 1:
        return None
    return typed if "://" in typed or _SHORT.fullmatch(typed) else None


def _name(typed: str) -> str | None:
    """Read words in quotation marks, a word, or words with the capitals of a name: "members page broken" is a task."""
    if unquoted(typed) is not None:
        return typed  # with the marks, because a row has the command to be read again
    words = typed.split()
    fits = len(words) <= MOST_WORDS_OF_A_NAME and all(map(_NAME.fullmatch, words))
    is_name = len(words) <= 1 or all(word[:1].isupper() for word in words)
    return " ".join(words) if fits and is_name else None


def _period(typed: str) -> str | None:
    word = typed.lower() or METRICS_PERIODS[0]
    return str(word) if word in METRICS_PERIODS else None


SCHEDULE: Final = Argument("N", _schedule)
PULL_REQUEST: Final = Argument("URL", _pull_request, around=frozenset({"pr", "pull", "request"}))
NAME: Final = Argument("[text]", _name, free=True)  # any word may be a name
METRICS_PERIOD: Final = Argument(f"[{'|'.join(METRICS_PERIODS)}]", _period)
