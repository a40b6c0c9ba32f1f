"""Tests of features have the store, the clock and the bills of the tests of flows."""

from tests.flows.conftest import (
    bills,
    clock,
    either_store,
    either_url,
    kind,
    logs_as_in_production,
    make,
    sqlite_url,
    store,
)

__all__ = [
    "bills",
    "clock",
    "either_store",
    "either_url",
    "kind",
    "logs_as_in_production",
    "make",
    "sqlite_url",
    "store",
]
