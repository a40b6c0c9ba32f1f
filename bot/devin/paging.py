"""Reading lists to their end, and dividing what Devin answers only in parts.

https://docs.devin.ai/api-reference/concepts/pagination
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from bot.devin.answers import Page
from bot.devin.errors import DevinUnexpectedAnswer

PAGE_SIZE: Final = 200  # the most a page may hold, except of the lists that take
SMALL_PAGE: Final = 100
IDS_PER_CALL: Final = 100  # as many as keep the address well below the 8 KB that servers accept
AUDIT_WINDOW: Final = 100 * 24 * 60 * 60  # seconds: the longest span that the audit log answers

MOST_PAGES: Final = 1_000  # of a list that is of no use in part, such as that of the sessions that have changed
LISTED_PAGES: Final = 50  # of a list that people read: ten thousand entries
NO_CURSOR: Final = "The cursor of the next page is missing or was used before."

_Item = TypeVar("_Item")


async def pages(
    read: Callable[[str | None], Awaitable[Page[_Item]]], after: str | None = None, most: int | None = None
) -> AsyncIterator[Page[_Item]]:
    """Read each page from `after` on. Only `has_next_page` says which is the last; its cursor may be null or set.

    Raises DevinUnexpectedAnswer at the end of `most` pages (MOST_PAGES) if there are more.
    """
    asked = {after}
    for _ in range(most or MOST_PAGES):
        page = await read(after)
        after = page.end_cursor
        if page.has_next_page and (after is None or after in asked):
            # If Devin ignored the cursor, as it does with unknown parameters, the first page would come for ever.
            raise DevinUnexpectedAnswer(NO_CURSOR)
        asked.add(after)
        yield page
        if not page.has_next_page:
            return
    raise DevinUnexpectedAnswer("There are too many pages.")


def behind(page: Page[Any], at: Mapping[str, Any], most: int) -> tuple[dict[str, Any] | None, bool]:
    """Return where the page behind `page` is, which was read `at` a stored place; and whether `most` pages cut it off.

    Raises DevinUnexpectedAnswer if Devin says that there is one, but not where.
    """
    if not page.has_next_page:
        return None, False
    if page.end_cursor in {None, at["after"]}:
        raise DevinUnexpectedAnswer(NO_CURSOR)
    read = at.get("pages", 0) + 1
    return (None, True) if read >= most else ({**at, "after": page.end_cursor, "pages": read}, False)


async def items(of: AsyncIterator[Page[_Item]]) -> AsyncIterator[_Item]:
    """Give the entries of all pages, one by one."""
    async for page in of:
        for item in page.items:
            yield item


async def cut(of: AsyncIterator[Page[_Item]], most_pages: int) -> tuple[list[_Item], bool]:
    """Read at most so many pages. Return their entries, and whether the list has more."""
    found: list[_Item] = []
    read = 0
    async for page in of:
        found += page.items
        read += 1
        if read == most_pages:
            return found, page.has_next_page
    return found, False


def windows(after: int, before: int, longest: int = AUDIT_WINDOW) -> Iterator[tuple[int, int]]:
    """Give spans of at most `longest` seconds, oldest first, that cover all from `after` to `before`.

    Neighbours share one second, because it is not documented whether the bounds belong to a span.
    """
    start = after
    while start + longest < before:
        yield start, start + longest
        start += longest - 1
    yield start, before


def portions(ids: Sequence[str], size: int = IDS_PER_CALL) -> Iterator[Sequence[str]]:
    """Give `ids` in parts that fit into one address; nothing for no ids."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


async def read_first(items: AsyncIterator[object]) -> None:
    """Read the first page of a list, and nothing more: it is enough to see whether Devin gives the list."""
    async for _ in items:
        return
