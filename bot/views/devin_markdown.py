"""Devin's Markdown as Slack may show it: each link leads where its text says, and nothing unseen is left in it.

What Devin says may have been written by others: a page that it read, an issue, a log. No text that looks like an
address leads to another host, only addresses of the web and of mail become links, and those of hosts that aren't
allowed are shown as text. What isn't surely code is read like any other text, because a wrong guess would let a link
through: https://docs.slack.dev/reference/block-kit/blocks/markdown-block
"""

import html
import re
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.views.text import disarm, without_unseen

_NO_HOSTS: Final[frozenset[str]] = frozenset()
_FENCE: Final = re.compile(r"( {0,3})(`{3,})[^`]*")
_URL: Final = r"(?:[^\s()<>\\]|\\.|\([^\s()<>]*\))*"
# In this order: code, links of all kinds, addresses alone, and whatever else could still be read as a link.
_PARTS: Final = re.compile(
    r"(?P<code>(?<![`\\])(?:`[^`\n|]+`|``[^`\n|]+``)(?!`))"
    r"|!?\[(?P<label>(?:\\.|[^\[\]\\]|\[[^\[\]]{0,200}\]){0,300})\]\("
    rf"\s{{0,9}}(?:<(?P<inside>[^<>\n]*)>|(?P<url>{_URL}))"
    r"(?:\s{1,9}(?:\"[^\"]{0,200}\"|'[^']{0,200}'|\([^()]{0,200}\)))?\s{0,9}\)"
    r"|<(?P<slack>[a-z][a-z0-9+.-]{0,30}:[^\s<>|]*)\|(?P<name>[^<>\n]*)>"
    r"|<(?P<auto>[a-z][a-z0-9+.-]{0,30}:[^\s<>]*)>"
    r"|(?P<bare>(?<![\w.+-])(?:[a-z][a-z0-9+.-]{0,30}://|www\.|(?:javascript|data|vbscript|file|tel|sms):(?=\S))[^\s<>`|\"\]]*)"
    r"|(?P<left>\](?=[(\[:]))",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(
    r"(?<![\w-])(?P<scheme>[a-z][a-z0-9+.-]{0,30}:/{0,3})?(?P<user>[\w.+-]{1,64}@)?"
    r"(?P<host>(?:[\w-]{1,63}[.\u2024\u3002\uff0e\uff61]){1,9}[^\W\d_]{2,}|(?:\d{1,3}\.){3}\d{1,3}"
    r"|(?:(?<=://)|(?<=:///))[\w-]{1,63})\b",
    re.IGNORECASE,
)
_HOST: Final = re.compile(r"[\w.-]+|[0-9a-f:]+", re.IGNORECASE)
# Names of files look like names of hosts. Those of the second kind are both, so the link has to lead to such a file.
_FILES: Final = frozenset(
    {"c", "cfg", "conf", "cpp", "cs", "css", "csv", "env", "go", "gz", "h", "html", "ini", "ipynb", "java", "jpg", "js"}
    | {"json", "jsx", "kt", "lock", "log", "pdf", "php", "png", "rb", "sql", "svg", "tf", "toml", "ts", "tsx", "txt"}
    | {"vue", "xml", "yaml", "yml"}
)
_FILES_OR_HOSTS: Final = frozenset({"cc", "md", "ml", "mov", "pl", "py", "rs", "sh", "so", "zip"})
_ENDS_SENTENCE: Final = ".,;:!?)*_~'"


def devin_markdown(text: str, hosts: Collection[str] = _NO_HOSTS) -> str:
    """Return a `text` of Devin's for a `markdown` block; links only lead to the `hosts`, where any are named."""
    lines = _with_code(without_unseen(text).split("\n"))
    runs = (("\n".join(line for line, _ in run), code) for code, run in groupby(lines, key=lambda one: one[1]))
    return disarm("\n".join(run if code else _PARTS.sub(lambda part: _written(part, hosts), run) for run, code in runs))


def _with_code(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each of `lines` with whether it belongs to a fence; one inside of a list ends where the list ends."""
    indent, marks = 0, ""
    for line in lines:
        if marks and line.strip() and len(line) - len(line.lstrip(" ")) < indent:
            marks = ""
        opening = None if marks else _FENCE.fullmatch(line)
        yield line, bool(marks or opening)
        if opening:
            indent, marks = len(opening[1]), opening[2]
        elif marks and set(line.strip()) == {"`"} and len(line.strip()) >= len(marks):
            marks = ""


def _written(part: re.Match[str], hosts: Collection[str]) -> str:
    if part["code"]:
        return part[0]
    if part["left"]:
        return "] "  # of brackets that are nested too deep, of a reference or its definition: no link any longer
    if part["bare"]:
        return _alone(part["bare"], hosts)
    if part["auto"]:
        return part[0] if _may_link(part["auto"], hosts) else f"`{part['auto'].replace('`', '')}`"
    plain = (part["name"] or part["label"] or "").strip()
    url = (part["slack"] or part["inside"] or part["url"] or "").replace("\\", "")
    label = _PARTS.sub(lambda inner: _written(inner, hosts), plain)
    if not _may_link(url, hosts):
        return f"{label} (`{url.replace('`', '')}`)" if label and url else label
    if not label or _misleads(plain, url):
        return f"<{url}>"
    return f"[{plain}]({url})" if label == plain else f"{label} (<{url}>)"


def _alone(address: str, hosts: Collection[str]) -> str:
    """Write an address that stands by itself; what ends the sentence behind it is no part of it."""
    url = address.rstrip(_ENDS_SENTENCE)
    whole = f"https://{url}" if url.lower().startswith("www.") else url
    return address if _may_link(whole, hosts) else f"`{url}`{address[len(url) :]}"


def _may_link(url: str, hosts: Collection[str]) -> bool:
    """Whether `url` may become a link: of the web or of mail, without a name before its host, and to an allowed one."""
    host, scheme = _host(url), url.partition(":")[0].lower()
    if not host or scheme not in {"http", "https", "mailto"} or (scheme != "mailto" and "@" in url.split("/", 3)[2]):
        return False
    return not hosts or any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in hosts)


def _host(url: str) -> str:
    """The host of a `url`, or the domain of a mail address; empty where it has none that can be read."""
    try:
        parts = urlsplit(url)
        host = parts.path.rpartition("@")[2] if parts.scheme == "mailto" else parts.hostname or ""
    except ValueError:
        return ""
    return host.lower() if _HOST.fullmatch(host) else ""


def _misleads(label: str, url: str) -> bool:
    """Whether `label` shows an address to which `url` doesn't lead."""
    return any(not _leads_to(shown, url) for shown in _ADDRESS.finditer(re.sub(r"[*_~`\\]", "", html.unescape(label))))


def _leads_to(shown: re.Match[str], url: str) -> bool:
    host = re.sub("[\u2024\u3002\uff0e\uff61]", ".", shown["host"]).lower()
    ending = host.rpartition(".")[2]
    if not (shown["scheme"] or shown["user"] or host.startswith("www.")):
        if ending in _FILES:
            return True
        if ending in _FILES_OR_HOSTS and unquote(urlsplit(url).path).lower().endswith(host):
            return True
    if shown["user"]:
        return url.lower().startswith(f"mailto:{shown['user']}{host}".lower())
    return host.removeprefix("www.") == _host(url).removeprefix("www.")
