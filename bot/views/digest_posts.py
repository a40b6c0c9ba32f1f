"""The posts of the daily digest: the root, and those of its thread."""

from dataclasses import dataclass

from bot.views.digest_root import DigestFigures, digest_root
from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class DigestPosts:
    """The `root` of a digest and, in their order, the posts of the `thread` that it begins."""

    root: Message
    thread: tuple[Message, ...] = ()


def digest_posts(digest: DigestFigures) -> DigestPosts:
    """Build all posts of a `digest`."""
    return DigestPosts(digest_root(digest))
