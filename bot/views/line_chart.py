"""What a chart of lines shows, before it is drawn in any form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name, and a value for each category."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class LineChart:
    """A chart: its title, its categories from left to right, its lines, and what its values are.

    `in_words` says what it shows in one plain line.
    """

    title: str
    categories: Sequence[str]
    lines: Sequence[Line]
    unit: str
    in_words: str

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Read a chart that `dataclasses.asdict` has written."""
        return cls(**{**stored, "lines": [Line(**line) for line in stored["lines"]]})
