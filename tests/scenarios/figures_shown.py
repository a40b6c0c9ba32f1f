"""What the bot shows of figures, read back from its texts, tables and files as a person would."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tests.recompute import Books, added

ACUS: Final = r"(?:under 0\.1|-?[\d,]+(?:\.\d+)?)"
MONEY: Final = r"-?[\d,]+\.\d\d"
TENTH: Final = Decimal("0.1")
PRIVATE: Final = "in a DM"  # how a session is called whose title nobody else may read
FORGOTTEN: Final = "Session"  # and one whose title was deleted; of a plain question that is still said
_TITLE: Final = re.compile(r"fix bug \d+ of the quarter")
_FORGOTTEN: Final = re.compile(r"(?:^|\|)(?:Session|A question\?)(?:$|>| )")

_OTHERS: Final = re.compile(r"others$|and [\d,]+ more$")

Rows = Sequence[tuple[str, Decimal]]


def amount(written: str) -> Decimal:
    """A number as it is shown; what is too little to be shown is nothing."""
    return Decimal() if written.startswith("under") else Decimal(written.replace(",", ""))


def named(day: date) -> str:
    """A day as it stands in tables and digests, such as "Thu, Nov 26"."""
    return f"{day:%a}, {day:%b} {day.day}"


def name_of(cell: str) -> str:
    """What a row is about: a session by its title alone."""
    if PRIVATE in cell:
        return PRIVATE
    if _FORGOTTEN.search(cell):
        return FORGOTTEN
    found = _TITLE.search(cell)
    return found[0] if found else cell


@dataclass
class Compared:
    """What was compared, what differs, and what was left out because of which exception."""

    differences: list[str] = field(default_factory=list)
    number: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def same(self, what: str, shown: Any, expected: Any) -> None:
        """Note whether the two are the same."""
        self.number += 1
        if shown != expected:
            self.differences.append(f"{what}: shown {shown}, expected {expected}")

    def except_for(self, why: str) -> None:
        """Note that something was left out."""
        self.left_out[why] = self.left_out.get(why, 0) + 1

    def parts(self, what: str, shown: Rows, exact: Mapping[str, Decimal], total: Decimal) -> None:
        """Note whether parts that are shown add up to a total, and none of them is a whole digit off.

        A row that stands for others is about all of `exact` that have no row, and a sum of their rounded amounts.
        """
        strangers = {name for name, _ in shown if name not in exact and not _OTHERS.match(name)}
        self.same(f"{what}, rows of nobody", strangers, set())
        self.same(f"{what}, added up", added(acus for _, acus in shown), total)
        left = dict(exact)
        sums: dict[str, list[Decimal]] = {}
        # Of several with one name some may be among the others.
        split = {PRIVATE, FORGOTTEN} if any(_OTHERS.match(name) for name, _ in shown) else set()
        for name, acus in shown:
            sums.setdefault(name if name in exact and name not in split else "", []).append(acus)
        for name, amounts in sorted(sums.items(), reverse=True):
            of, number = (
                (left.pop(name), len(amounts)) if name else (added(left.values()), max(len(left), len(amounts)))
            )
            off = abs(added(amounts) - of)
            self.same(f"{what}, {name or 'others'} ({added(amounts)} for {of})", off < TENTH * number, True)
        if "" not in sums:
            self.same(f"{what}, rows that are missing", {name for name, acus in left.items() if acus}, set())


# ---------------------------------------------------------------- texts


def total_in(text: str) -> Decimal | None:
    """The total of an answer; None where only what came through Slack is known."""
    found = re.search(rf"^\*({ACUS}) ACUs?(?: \({MONEY} USD\))?\*(?! through Slack)", text, re.MULTILINE)
    return amount(found[1]) if found else None


def money_in(text: str) -> Decimal | None:
    """What the total of an answer, or what came through Slack, comes to in money."""
    found = re.search(rf"^\*(?:about )?{ACUS} ACUs? \(({MONEY}) USD\)\*", text, re.MULTILINE)
    return amount(found[1]) if found else None


def sessions_in(text: str) -> dict[str, int]:
    """How many sessions there were, by what became of them."""
    found = re.search(r"^([\d,]+) sessions?(?:, as of [^:]+)?: (?:all |both )?([^.]+)\.$", text, re.MULTILINE)
    if found is None:
        return {}
    number, became = found.groups()
    each = [one.partition(" ") for one in became.split(", ")] if became[0].isdigit() else [(number, "", became)]
    return {words: int(amount(written)) for written, _, words in each}


def split_in(text: str) -> Rows:
    """What came through Slack and from elsewhere."""
    usage = rf"^({ACUS}) through Slack, ({ACUS}) outside Slack$"
    digest = rf"through Slack ({ACUS}) · outside Slack ({ACUS})$"
    found = re.search(f"{usage}|{digest}", text, re.MULTILINE)
    return (
        list(zip(("slack", "outside Slack"), map(amount, filter(None, found.groups())), strict=True)) if found else []
    )


def rows_in(text: str) -> Rows:
    """The rows of a division."""
    rows = re.findall(rf"^• (.+): ({ACUS}) ACUs?(?: ·.*)?$", text, re.MULTILINE)
    return [(name_of(name), amount(acus)) for name, acus in rows]


def sessions_each(text: str) -> dict[str, int]:
    """How many sessions the rows of a division have."""
    rows = re.findall(rf"^• (.+): {ACUS} ACUs? · ([\d,]+) sessions?$", text, re.MULTILINE)
    return {name: int(amount(number)) for name, number in rows}


def most_in(text: str) -> list[Decimal]:
    """The amounts of the sessions that used most."""
    return [amount(acus) for acus in re.findall(rf"^\d\. .*: ({ACUS}) ACUs?(?: ·.*)?$", text, re.MULTILINE)]


def change_in(shown: str) -> str | None:
    """How a day differs from what is usual, in the words of a digest."""
    found = re.search(r"^\*.*?\*  (as usual|[▲▼] (?:[\d,]+%|far above))", shown)
    return found[1] if found else None


def corrections_in(shown: str) -> dict[str, Decimal]:
    """The days whose bill has changed or come in, as a digest says, with what they have now."""
    changed = re.findall(rf"(\w{{3}}, \w{{3}} \d+) corrected: {ACUS} → ({ACUS}) ACUs?\.", shown)
    came_in = re.findall(rf"Devin's bill for (\w{{3}}, \w{{3}} \d+) is in now: ({ACUS}) ACUs?\.", shown)
    return {day: amount(acus) for day, acus in [*changed, *came_in]}


@dataclass(frozen=True)
class CycleShown:
    """The line about a cycle: its parts, the limits and percents that stand beside them, their sum, and its price."""

    parts: Rows
    limits: Mapping[str, tuple[Decimal, int]]
    in_all: Decimal
    money: Decimal | None


def cycle_in(text: str, books: Books, day: date) -> CycleShown | None:
    """The line about the cycle that a day is in; it has no forecasts."""
    first, last = books.cycle_of(day)
    name = f"{first:%b} {first.day} \N{EN DASH} {last:%b} {last.day}"
    line = next((line for line in text.splitlines() if line.startswith((f"{name}:", f"{name}, through"))), None)
    if line is None:
        return None
    said = line.partition(": ")[2]
    money = re.search(rf"({MONEY}) USD\)", said)
    said = re.sub(rf" \({MONEY} USD\)|, {MONEY} USD(?=\))", "", said)
    part = re.compile(rf"^(?:([a-zA-Z][^\d]*?) )?({ACUS})(?: of ({ACUS}))? ACUs?(?: \(([\d,]+)%\))?( in all)?$")
    found = [part.match(one.strip()) for one in said.split(" · ")]
    assert None not in found, line
    parts = [(one[1] or "Devin", amount(one[2])) for one in found if not one[5]]
    limits = {one[1] or "Devin": (amount(one[3]), int(one[4].replace(",", ""))) for one in found if one[3]}
    in_all = [amount(one[2]) for one in found if one[5]]
    whole = in_all[0] if in_all else added(acus for _, acus in parts)
    return CycleShown(parts, limits, whole, amount(money[1]) if money else None)


# ---------------------------------------------------------------- files and tables


def file_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file by the names of its columns."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def tables_in(posts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[list[str]]]]:
    """The tables in posts: what their rows are, and the rows."""
    for post in posts:
        for block in post.get("blocks") or []:
            if block["type"] == "data_table":
                head, *rows = [[_cell(cell) for cell in row] for row in block["rows"]]
                yield head[0], rows


def _cell(cell: Mapping[str, Any]) -> str:
    if "text" in cell:
        return str(cell["text"])
    element = cell["elements"][0]["elements"][0]
    return str(element.get("text") or element.get("channel_id"))
