"""Slack's message text turned into plain text for Devin: entities, names and links are written out.

Slack's notation: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

_ENTITY: Final = re.compile(r"<([^<>\n]+)>")
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]+)\|?>")  # without a label, which would be its name
_LABELLED: Final = re.compile(r"<(#[CGD][A-Z0-9]+|@[UW][A-Z0-9]+)(?:\|[^<>]*)?>")  # a channel or person, with its name
_GROUP: Final = re.compile(r"<!subteam\^(S[A-Z0-9]+)>")
_LABELLED_GROUP: Final = re.compile(r"<!subteam\^(S[A-Z0-9]+)\|[^<>]*>")
_WEB_LINK: Final = re.compile(r"<(?P<url>https?://[^<>|\n]+)\|(?P<label>[^<>\n]*)>")
_THIS_CHANNEL: Final = re.compile(r"(?<!\S)this channel(?!\w)", re.IGNORECASE)
_SCHEME: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ADDRESS_ONLY: Final = ("mailto:", "tel:")  # a person reads the address, not its scheme
_NOTHING: Final[Mapping[str, str]] = {}
_BLANKS: Final = " \t"
# How the lines begin that only the bot writes into a prompt or before a reply.
_BOTS_LINE: Final = re.compile(
    r"\W*(?:asked in slack by|earlier messages in the slack thread|slack \d+\.\d)", re.IGNORECASE
)
_BEGINNING: Final = 200  # characters of a line, unseen ones among them
LONGEST: Final = 40_000  # characters: Slack's own limit of a text; no mention is looked for behind them


def plain(text: str, names: Mapping[str, str] = _NOTHING, channels: Mapping[str, str] = _NOTHING) -> str:
    """Write out all entities in `text`, with `names` by the ids of people and user groups, `channels` by channel id.

    What is not in these mappings keeps its label, or else its id.
    """

    def written_out(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        return _entity(target, label, names, channels) or match[0]

    return unescape(_ENTITY.sub(written_out, text))


def as_typed(text: str, here: str = "") -> str:
    """Write out `text` for reading a command: like `plain`, but channels, people and groups are their ids, not names.

    A link is one word: its address, or the name such as `acme.com` of which Slack itself has made a link. "This
    channel" is the one `here`, if that is no direct message.
    """
    picked = _LABELLED_GROUP.sub(r"@\1", _LABELLED.sub(r"\1", text))
    typed = plain(_WEB_LINK.sub(_as_one_word, picked))
    return _THIS_CHANNEL.sub(f"#{here}", typed) if here[:1] in {"C", "G"} else typed


def _as_one_word(link: re.Match[str]) -> str:
    return link["label"] if _bare(link["label"]) == _bare(link["url"]) else link["url"]


def unescape(text: str) -> str:
    """Undo Slack's three escapes in `text`; the ampersand last, or `&amp;lt;` would be undone twice."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentioned_users(text: str) -> list[str]:
    """The ids of all users that `text` mentions, in order and each once."""
    return list(dict.fromkeys(_MENTION.findall(text)))


def mentioned_channels(text: str) -> list[str]:
    """The ids of all channels that `text` mentions without their names, in order and each once."""
    return list(dict.fromkeys(_CHANNEL.findall(text)))


def mentioned_groups(text: str) -> list[str]:
    """The ids of all user groups that `text` mentions without their names, in order and each once."""
    return list(dict.fromkeys(_GROUP.findall(text)))


def as_quotation(text: str) -> str:
    """Quote each line of `text`, whatever breaks it, so that no line of it can be taken for one of another author."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def as_request(text: str) -> str:
    """Return the `text` of a request, with each line quoted that reads like one that only the bot writes."""
    lines = text.splitlines(keepends=True)
    return "".join(f"> {line}" if _BOTS_LINE.match(_as_read(line)) else line for line in lines)


def _as_read(line: str) -> str:
    """The beginning of `line` in plain letters, without characters that nobody sees."""
    shown = unicodedata.normalize("NFKC", line.strip()[:_BEGINNING])
    return " ".join("".join(sign for sign in shown if unicodedata.category(sign) != "Cf").split())


def without_mention(text: str, bot_user: str, stays: Callable[[str, str], bool] | None = None) -> str:
    """`text` without the mentions of `bot_user`, and with one blank where there were some; mentions of others stay.

    So do those of which `stays` says so, given the texts before and after them.
    """
    kept, at = [], 0
    # A pattern that begins with the blanks would try each of them, in texts that have nothing else.
    for mention in _MENTION.finditer(text, 0, LONGEST):
        if mention[1] == bot_user and not (stays and stays(text[: mention.start()], text[mention.end() :])):
            kept.append(text[at : mention.start()])
            at = mention.end()
    first, *others = [*kept, text[at:]]
    return "".join([first.rstrip(_BLANKS), *map(_behind_mention, others)] if others else first).strip()


def _behind_mention(text: str) -> str:
    blank = " " if text[:1] in {" ", "\t"} else ""
    return blank + text.strip(_BLANKS)


def _entity(target: str, label: str, names: Mapping[str, str], channels: Mapping[str, str]) -> str | None:
    kind, rest = target[:1], target[1:]  # in `<|>` there is neither
    if kind == "@":
        return "@" + (names.get(rest) or label.removeprefix("@") or rest)
    if kind == "#":
        return "#" + (channels.get(rest) or label.removeprefix("#") or rest)
    if kind == "!":
        return _special(rest, label, names)
    return _link(target, label) if _SCHEME.match(target) else None


def _special(word: str, label: str, names: Mapping[str, str]) -> str:
    name, _, rest = word.partition("^")
    if name == "date":
        return label
    if name == "subteam":
        return "@" + (label.removeprefix("@") or names.get(rest, rest))
    return "@" + name  # here, channel, everyone


def _link(url: str, label: str) -> str:
    address = url
    for scheme in _ADDRESS_ONLY:
        address = address.removeprefix(scheme)
    same = {"", url, address, _bare(url)}
    return address if label in same or _bare(label) == _bare(url) else f"{label} ({address})"


def _bare(url: str) -> str:
    return url.removeprefix("https://").removeprefix("http://").rstrip("/")
