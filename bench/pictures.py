"""Charts of measurements as SVG, drawn as the bot draws its own."""

import io
from collections.abc import Sequence
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bot.views.chart_pictures import PAPER, plot
from bot.views.line_chart import LineChart

_WIDTH: Final = 10.4  # inches
_HEIGHT: Final = 2.9  # of a panel


def panels(charts: Sequence[LineChart], columns: int = 2) -> bytes:
    """Draw the charts side by side in so many columns."""
    rows = -(-len(charts) // columns)
    # Text stays text, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "devin-bridge"}):
        figure = Figure(figsize=(_WIDTH, _HEIGHT * rows), facecolor=PAPER, layout="constrained")
        for number, chart in enumerate(charts, 1):
            axes = figure.add_subplot(rows, columns, number, facecolor=PAPER)
            plot(axes, chart)
            axes.margins(y=0.1)
            axes.set_ylim(bottom=0)
            _legend(axes, chart)
        picture = io.BytesIO()
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()


def _legend(axes: Axes, chart: LineChart) -> None:
    """Inside the panel, where the title is as wide as that; one line needs none."""
    if (legend := axes.get_legend()) is not None:
        legend.remove()
    if len(chart.lines) > 1:
        axes.legend(loc="best", frameon=False)
