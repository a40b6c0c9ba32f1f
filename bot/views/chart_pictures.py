"""A picture of a chart, for a Slack that draws none: PNG, readable on a light and on a dark background.

It needs the extra `charts`. Matplotlib is imported when the first picture is drawn, and without its global state, which
would keep each figure in memory (https://matplotlib.org/stable/gallery/user_interfaces/web_application_server_sgskip.html).
"""

import gc
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from bot.views.line_chart import LineChart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES: Final = (8.0, 4.0)
_DOTS_PER_INCH: Final = 150
PAPER: Final = "#ffffff"
_INK, _FAINT = "#1d1c1d", "#d0d0d3"
# They differ in their dashes too, so that nobody has to see the colours.
_STYLES: Final[tuple[dict[str, Any], ...]] = (
    {"color": "#1264a3", "linewidth": 2.5, "marker": "o", "markersize": 5},
    {"color": "#5c5b5e", "linewidth": 2.0, "linestyle": "--"},
    {"color": "#b3261e", "linewidth": 2.0, "linestyle": ":"},
)
_MOST_LEVEL: Final = 7  # names of categories that stand side by side; more of them are turned
_ONE_AT_A_TIME: Final = threading.Lock()  # matplotlib is not made for several threads


@cache
def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw(chart: LineChart) -> bytes:
    """Draw a chart as PNG. It takes about a second the first time: not on the event loop."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra, which takes a while to import

    with _ONE_AT_A_TIME, _freed_afterwards():
        figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, facecolor=PAPER, layout="constrained")
        plot(figure.add_subplot(facecolor=PAPER), chart)
        picture = io.BytesIO()
        figure.savefig(picture, format="png")
        figure.clear()
        del figure
    return picture.getvalue()


@contextmanager
def _freed_afterwards() -> Iterator[None]:
    """Free what the body leaves in cycles, as figures do: else it waits for the garbage collector's rare full scans.

    Nothing grows old meanwhile, so that a scan of the youngest objects is enough.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if was_enabled:
            gc.enable()


def plot(axes: "Axes", chart: LineChart) -> None:
    """Draw a chart into the axes of a figure."""
    categories, places = chart.categories, range(len(chart.categories))
    for line, style in zip(chart.lines, _STYLES, strict=False):
        axes.plot(places, line.values, label=_plain(line.name), **style)
    axes.set_title(_plain(chart.title), color=_INK, loc="left", fontweight="bold")
    axes.set_ylabel(_plain(chart.unit), color=_INK)
    axes.set_ylim(bottom=0)
    turned: dict[str, Any] = (
        {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if len(categories) > _MOST_LEVEL else {}
    )
    axes.set_xticks(places, [_plain(category) for category in categories], **turned)
    axes.tick_params(colors=_INK)
    axes.grid(axis="y", color=_FAINT)
    axes.spines[["top", "right"]].set_visible(False)
    # Above the lines, so that it hides none of them.
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(_STYLES), frameon=False, labelcolor=_INK)


def _plain(text: str) -> str:
    return text.replace("$", r"\$")  # a pair of them would be a formula
