"""What a Slack message says, as one text in Slack's own notation: `bot.domain.text.plain` writes its entities out.

People write `text`, and Slack adds blocks that say the same. Apps put what they say into `text`, `blocks` or
`attachments`, and often leave `text` empty or use it for notifications alone. A message that somebody forwards is an
attachment with `is_share`: it says what another person or app said, and is rendered apart, as a quotation.

Nothing here raises, whatever Slack sends: a message that cannot be read would never be stored. All of it takes time
that is linear in what was sent, and gives a text of bounded length.

https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from bot.domain.person import clean_name
from bot.domain.text import as_quotation
from bot.slack.block_text import block_parts, linked, objects, string
from bot.views.text import shortened

Json = Mapping[str, Any]

MOST_CHARACTERS: Final = 4_000  # of what blocks and attachments say, and of one quotation
MOST_QUOTED: Final = 8_000  # of all quotations of a message
MOST_FORWARDED: Final = 5
DEEPEST_QUOTATION: Final = 3  # a forwarded message may forward another one
# What Slack puts in where an app wrote nothing for notifications.
_PLACEHOLDERS: Final = frozenset({"", "[no preview available]", "This content can't be displayed."})
_DIRECT_MESSAGE: Final = "Direct Message"  # Slack's name for the channel of one
_INSIGNIFICANT: Final = re.compile(r"[\W_]+")


def text_of(message: Json) -> str:
    """Return what the author of `message` says in it, without what is only forwarded.

    A person's text is returned as it is; without one, the text of the blocks, else of the attachments. Of an app all
    three are joined, because each may say what the others leave out; what the text repeats of them is there once.
    """
    text = string(message.get("text"))
    if text.strip() and not _is_apps(message):
        return text
    parts = [*block_parts(message.get("blocks")), *_attachment_parts(message)]
    others = _joined(parts)
    if text.strip() in _PLACEHOLDERS:
        return others
    if _significant(text) in _significant(others):
        return others or text
    return "\n".join(filter(None, [text, _joined(parts, known=text.splitlines())]))


def quoted(message: Json) -> str:
    """Return the messages that `message` forwards, each quoted with its author, channel, address and files."""
    return shortened("\n\n".join(_quotations(message, 0)), MOST_QUOTED)


def forwarded(message: Json) -> list[Json]:
    """Return the attachments of `message` that are messages which somebody forwarded or linked to."""
    attachments = message.get("attachments")
    if not attachments:
        return []
    return list(islice((attachment for attachment in objects(attachments) if _is_message(attachment)), MOST_FORWARDED))


def app_name(message: Json) -> str | None:
    """Return the name of the app that wrote `message`; None if a person did, or if Slack does not give the name."""
    profile = message.get("bot_profile")
    names = (message.get("username"), profile.get("name") if isinstance(profile, Mapping) else None)
    return next(filter(None, map(clean_name, map(string, names))), None) if message.get("bot_id") else None


def _is_apps(message: Json) -> bool:
    by_app = message.get("bot_id") or message.get("subtype") == "bot_message"
    # Only apps write blocks other than rich text. Of a forwarded message nothing else shows who wrote it.
    return bool(by_app) or any(block.get("type") != "rich_text" for block in objects(message.get("blocks")))


def _is_message(attachment: Json) -> bool:
    return bool(attachment.get("is_share") or attachment.get("is_msg_unfurl"))


def _joined(parts: Iterable[str], known: Iterable[str] = ()) -> str:
    """Join `parts` with line breaks, up to MOST_CHARACTERS, without those that say what a `known` line says."""
    there = {significant for line in known if (significant := _significant(line))}
    kept: list[str] = []
    size = 0
    for part in parts:
        text = part.strip("\n").rstrip()
        if text and size <= MOST_CHARACTERS and _significant(text) not in there:
            kept.append(text)
            size += len(text) + 1
    return shortened("\n".join(kept), MOST_CHARACTERS)


def _significant(text: str) -> str:
    """Return the letters and digits of `text`: two texts with the same ones differ in markup only."""
    return _INSIGNIFICANT.sub("", text[: 2 * MOST_CHARACTERS])


# ---------------------------------------------------------------- attachments


def _attachment_parts(message: Json) -> Iterator[str]:
    """Yield what an app attached to its `message`. Previews of links say nothing of the app's own, but may be all."""
    attached = [attachment for attachment in objects(message.get("attachments")) if not _is_message(attachment)]
    own = [attachment for attachment in attached if not _is_preview(attachment)]
    alone = not (string(message.get("text")).strip() or message.get("blocks"))
    for attachment in own or (attached if alone else []):
        yield from _parts_of(attachment)


def _is_preview(attachment: Json) -> bool:
    return bool(attachment.get("from_url") or attachment.get("original_url") or attachment.get("is_app_unfurl"))


def _parts_of(attachment: Json) -> Iterator[str]:
    yield string(attachment.get("pretext"))
    yield string(attachment.get("author_name"))
    said = [part for part in _said(attachment) if part.strip()]
    fallback = string(attachment.get("fallback"))
    yield from said or ([] if fallback in _PLACEHOLDERS else [fallback])
    for action in objects(attachment.get("actions")):
        if action.get("url"):
            yield linked(string(action.get("text")), action["url"])
    if attachment.get("image_url"):
        yield linked("Picture", attachment["image_url"])
    yield string(attachment.get("footer"))


def _said(attachment: Json) -> Iterator[str]:
    title = string(attachment.get("title"))
    if title:
        yield linked(title, attachment.get("title_link"))
    yield string(attachment.get("text"))
    for field in objects(attachment.get("fields")):
        yield ": ".join(filter(None, (string(field.get("title")), string(field.get("value")))))
    yield from block_parts(attachment.get("blocks"))


# ---------------------------------------------------------------- forwarded messages


def _quotations(message: Json, depth: int) -> Iterator[str]:
    for attachment in forwarded(message) if depth < DEEPEST_QUOTATION else ():
        content = _content(attachment)
        yield f"{_introduction(attachment, depth)}\n{as_quotation(_quoted_text(attachment, content))}"
        # Not inside the quotation, where its author could write the same.
        yield from _quotations(content, depth + 1)


def _introduction(attachment: Json, depth: int) -> str:
    address = attachment.get("from_url") or attachment.get("original_url")
    source = linked("", address)
    what = "In it, a forwarded message" if depth else "Forwarded message"
    parts = [what, _author(attachment), _channel(attachment), f"({source})" if source else ""]
    return " ".join(part for part in parts if part) + ":"


def _author(attachment: Json) -> str:
    name = clean_name(string(attachment.get("author_name")) or string(attachment.get("author_subname")))
    user = string(attachment.get("author_id"))
    if user.isalnum() and user.startswith(("U", "W")):
        return f"from {_entity('@', user, name)} ({user})"
    return f"from {name}" if name else ""


def _channel(attachment: Json) -> str:
    channel, name = string(attachment.get("channel_id")), clean_name(string(attachment.get("channel_name")))
    if channel.startswith("D") or name == _DIRECT_MESSAGE:
        return "in a direct message"
    if channel.isalnum():
        return f"in {_entity('#', channel, name)}"
    return f"in #{name}" if name else ""


def _entity(sign: str, target: str, label: str) -> str:
    label = label.replace("|", "")
    return f"<{sign}{target}|{label}>" if label else f"<{sign}{target}>"


def _content(attachment: Json) -> Json:
    """Return what is forwarded in `attachment`, as a message."""
    inner = [_object(block.get("message")) for block in objects(attachment.get("message_blocks"))]
    blocks = [block for message in inner for block in objects(message.get("blocks"))]
    return {"text": attachment.get("text"), "blocks": blocks, "attachments": attachment.get("attachments")}


def _quoted_text(attachment: Json, content: Json) -> str:
    text = text_of(content) or _joined(_parts_of({**attachment, "author_name": None, "footer": None}))
    names = [string(file.get("name")) or string(file.get("title")) for file in objects(attachment.get("files"))]
    named = ", ".join(filter(None, names))
    return "\n".join(filter(None, [shortened(text, MOST_CHARACTERS), f"(files: {named})" if named else ""]))


def _object(value: object) -> Json:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}
