"""What all organisations of the enterprise used, as Devin bills it: by day or by product, as rows of an operation."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from bot.domain.amounts import Money, Price, exact_sum
from bot.domain.billing import ONE_DAY
from bot.domain.operation import NewOperation, Operation, OperationRow
from bot.domain.periods import Span, days_between
from bot.domain.questions import By, Question
from bot.features.consumption.rules import not_in_yet
from bot.features.usage import enterprise_sentences as views
from bot.features.usage.bill import Bill, read_bill, spans
from bot.features.usage.sentences import Apart
from bot.kernel.operations.row_sources import Batch
from bot.kernel.workspace import Workspace

KIND: Final = "enterprise"  # of operations; stands in rows
ORGANISATIONS: Final = "organisations"  # the kind of those by organisation, whose table has its own words


def enterprise_usage(question: Question, span: Span) -> NewOperation:
    """The operation that shows what all organisations used on the counted days of `span`.

    By organisation it is the list of organisations (`bot.features.organisations.flow`) with their ACUs then.
    """
    by = question.by or By.DAY
    header = ("name", "org_id", "acus") if by is By.ORG else (by.value, "acus")
    asked = {"first": span.counted[0], "last": span.counted[-1], "until": max((*span.counted, *span.apart))}
    return NewOperation(
        ORGANISATIONS if by is By.ORG else KIND,
        views.title(question, span, by),
        views.file_name(span, by),
        header,
        tuple(range(len(header))),
        most_shown=views.MOST_SHOWN,
        file_beyond=0 if question.as_file else views.MOST_SHOWN,
        total_columns=(header.index("acus"),),
        asked={"by": by.value, **{name: day.isoformat() for name, day in asked.items()}},
    )


class EnterpriseUsage:
    """The source of what all organisations used. All of its rows come with its last batch."""

    async def read(self, workspace: Workspace, operation: Operation) -> Batch:
        """Read the bill of the next days, and add it to that of the days before."""
        first, last, until = (date.fromisoformat(operation.new.asked[name]) for name in ("first", "last", "until"))
        at: Mapping[str, Any] = operation.cursor or {
            "from": first.isoformat(),
            "sums": {},
            "apart": None,
            "listed": None,
            "cost": "0",
        }
        begin, end = next(spans(date.fromisoformat(at["from"]), until))
        bill = await read_bill(workspace.organisation.devin.enterprise_daily_consumption, begin, end)
        counted = {day: products for day, products in bill.items() if day <= last}
        sums = _added(at["sums"], counted, By(operation.new.asked["by"]))
        running = [acus for day, products in bill.items() if day > last for acus in products.values()]
        apart = exact_sum([Decimal(at["apart"] or 0), *running]) if running or at["apart"] is not None else None
        listed = max(counted).isoformat() if counted else at["listed"]
        cost = _added_cost(at["cost"], counted, workspace.policy.acu_price)
        read = (end - begin).days + 1
        if end < until:
            cursor = {
                "from": (end + ONE_DAY).isoformat(),
                "sums": sums,
                "apart": None if apart is None else f"{apart:f}",
                "listed": listed,
                "cost": f"{cost.amount:f}" if cost else "0",
            }
            return Batch((), read, cursor, (until - first).days + 1)
        days = days_between(first, last)
        newest = date.fromisoformat(listed) if listed else None
        late = not_in_yet(days, newest, operation.created_at)
        beside = Apart(days_between(last + ONE_DAY, until), None if apart is None else float(apart))
        notes = views.notes(exact_sum(map(Decimal, sums.values())), late, beside, cost)
        rows: Mapping[str, str | None] = sums
        if operation.new.asked["by"] == By.DAY:
            rows = {day.isoformat(): None if day in late else sums.get(day.isoformat(), "0") for day in reversed(days)}
        return Batch([OperationRow(key, (key, acus)) for key, acus in rows.items()], read, None, None, notes)


def _added(sums: Mapping[str, str], bill: Bill, by: By) -> dict[str, str]:
    """Add a `bill` to the `sums` by day or product, the largest first."""
    found = {key: Decimal(acus) for key, acus in sums.items()}
    for day, products in bill.items():
        for product, acus in products.items():
            key = day.isoformat() if by is By.DAY else product
            found[key] = exact_sum([found.get(key, Decimal()), acus])
    return {key: f"{found[key]:f}" for key in sorted(found, key=lambda name: (-found[name], name)) if found[key]}


def _added_cost(before: str, bill: Bill, price: Price | None) -> Money | None:
    """Add what a `bill` costs to what the days before it cost; None where no price is known."""
    if price is None:
        return None
    cost = price.of({day: float(exact_sum(products.values())) for day, products in bill.items()})
    return Money(exact_sum([Decimal(before), cost.amount]), cost.currency)
