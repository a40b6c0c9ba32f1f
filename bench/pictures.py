"""Charts of measurements as SVG, drawn as the bot draws its own."""

import io
from collections.abc import Sequence
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from bot.views.chart_pictures import PAPER, plot
from bot.views.line_chart import LineChart

COLUMNS: Final = 2
_PANEL: Final = (5.2, 2.9)  # inches


def panels(charts: Sequence[LineChart]) -> bytes:
    """Draw the charts side by side."""
    rows = -(-len(charts) // COLUMNS)
    # Text stays text, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "devin-bridge"}):
        size = (_PANEL[0] * COLUMNS, _PANEL[1] * rows)
        figure = Figure(figsize=size, facecolor=PAPER, layout="constrained")
        for number, chart in enumerate(charts, 1):
            plot(figure.add_subplot(rows, COLUMNS, number, facecolor=PAPER), chart)
        picture = io.BytesIO()
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()
