"""Pull requests as people are shown them: a link with a short name, which says where it leads."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from bot.domain.session import PullRequest, Session
from bot.views.text import counted, fitted, link

MOST_PULL_REQUESTS: Final = 10
KNOWN_HOSTS: Final = frozenset({"github.com", "gitlab.com", "bitbucket.org", "dev.azure.com"})
_PULL: Final = re.compile(
    r"/(?P<repo>[^/?#]+(?:/[^/?#]+){0,20})/(?P<kind>pull|pulls|merge_requests|pull-requests|pullrequest)/(?P<number>\d+)/?"
)
_NAMED: Final = re.compile(r"(?P<repo>[^#]+)[#!]\d+")
_WEB: Final = {"https": "", "http": "http://"}  # what of the scheme is shown
_PORTS: Final = {"https": 443, "http": 80}
_IN_NO_ADDRESS: Final = re.compile(r"[\x00-\x20\\]")  # a browser drops some of these, and reads others as a slash
_INNER: Final = frozenset({"-", "_git"})  # parts of an address at GitLab and at Azure that name nothing
_WITH_A_BANG: Final = frozenset({"merge_requests", "pullrequest"})


def pull_request_link(request: PullRequest, session: Session) -> str:
    """A link to a pull request of `session`, named as its host names it, with its state."""
    state = f" ({fitted(request.state, 20)})" if request.state else ""
    return link(request.url, pull_request_name(request.url, session.code_hosts)) + state


def pull_request_lines(
    session: Session, room: int = 1_200, most: int = MOST_PULL_REQUESTS, more: str = ""
) -> list[str]:
    """A line for each of the session's first `most` pull requests, and one with the number of others.

    They have at most `room` characters in all; `more` is said behind that number.
    """
    requests, lines = session.snapshot.pull_requests, list[str]()
    for request in requests[:most]:
        lines.append(f":twisted_rightwards_arrows: {pull_request_link(request, session)}")
        last = _others(len(requests) - len(lines), more)
        if len("\n".join([*lines, *last])) > room:
            lines.pop()
            break
    return [*lines, *_others(len(requests) - len(lines), more)]


def _others(count: int, more: str) -> list[str]:
    return [f"and {counted(count, 'more pull request')}{more}"] if count > 0 else []


def pull_request_name(url: str, hosts: Collection[str] = ()) -> str:
    """Shorten the address of a pull request to owner/name#number, behind its host if that is not well known.

    `hosts` are known besides those that everybody knows. An address of unknown form only loses `https://`. The host is
    written as the network knows it, so that none reads like another one.
    """
    scheme, _, address = url.partition("://")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", "" if parts.port in {None, _PORTS.get(scheme)} else f":{parts.port}"
    except ValueError:
        host = port = ""
    if not host or scheme not in _WEB or _IN_NO_ADDRESS.search(url):
        return url.removeprefix("https://").encode("ascii", "backslashreplace").decode()
    where, short = _as_the_network_knows(host) + port, _short(address[len(parts.netloc) :])
    if short is None:
        return f"{_WEB[scheme]}{where}{address[len(parts.netloc) :]}"
    is_known = (where in KNOWN_HOSTS or where in hosts) and "@" not in parts.netloc
    return short if is_known else f"{where}/{short}"


def repository_name(url: str, hosts: Collection[str] = ()) -> str | None:
    """Name the repository of a pull request as `pull_request_name` does; None if the address is of unknown form."""
    named = _NAMED.fullmatch(pull_request_name(url, hosts))
    return named["repo"] if named else None


def _short(path: str) -> str | None:
    match = _PULL.fullmatch(path)
    if match is None:
        return None
    repo = "/".join(part for part in match["repo"].split("/") if part not in _INNER)
    return f"{repo}{'!' if match['kind'] in _WITH_A_BANG else '#'}{match['number']}"


def _as_the_network_knows(host: str) -> str:
    labels = host.split(".")
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)
