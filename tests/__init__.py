"""The tests."""

from tests import moment  # noqa: F401  works by its import, before all others
