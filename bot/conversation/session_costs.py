"""What a session has cost so far, by the prices of the days on which it spent its ACUs."""

from bot.domain.amounts import Money, Price
from bot.domain.billing import billing_day
from bot.store import spend
from bot.store.database.connection import Transaction


async def cost_so_far(tx: Transaction, price: Price | None, session_id: str, acus: float, now: float) -> Money | None:
    """Return what the `acus` of a session cost; None where no price is known.

    What its rows by day do not have yet is of the running day.
    """
    if price is None:
        return None
    by_day = await spend.of_session(tx, session_id)
    today = billing_day(now)
    rest = acus - sum(by_day.values())
    return price.of({**by_day, today: by_day.get(today, 0.0) + rest})
