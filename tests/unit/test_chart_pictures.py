"""Pictures of charts: what they look like is seen in the README; here is what they must not do."""

import gc
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.views.chart_pictures import draw
from bot.views.line_chart import Line, LineChart
from bot.views.message import MadeFile

CHART = LineChart(
    title="ACUs a day, for $5 or $6",
    categories=[f"Thu {number} Nov" for number in range(1, 21)],
    lines=[Line(name, [acus + number for number in range(20)]) for name, acus in {"Spent": 0, "Usual": 9}.items()],
    unit="ACUs",
    in_words="",
)
# One that is kept takes nearly as much memory (3.5 MB, not 3.8), and it is drawn in half the time.
SHORT = replace(
    CHART,
    categories=CHART.categories[:3],
    lines=[replace(line, values=line.values[:3]) for line in CHART.lines],
)
DRAWN = 200
MOST_MB = 8.0


def resident():
    """The memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def test_a_picture_is_dark_on_light_whatever_is_behind_it():
    from PIL import Image  # noqa: PLC0415 - takes a while to import, and so does Matplotlib

    picture = Image.open(io.BytesIO(draw(CHART)))
    assert (picture.format, picture.size) == ("PNG", (1200, 600))
    assert picture.convert("RGBA").getextrema()[3] == (255, 255)  # nothing shines through
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert {(255, 255, 255), (0x1D, 0x1C, 0x1D), (0x12, 0x64, 0xA3), (0x5C, 0x5B, 0x5E)} <= colours


def test_a_chart_is_read_as_it_was_stored():
    file = MadeFile("chart.png", chart=CHART, alt="Spent: 1.0.")
    assert LineChart.read(json.loads(json.dumps(file.stored()["subject"]))) == CHART


def test_nothing_holds_on_to_a_figure():
    from matplotlib.figure import Figure  # noqa: PLC0415

    draw(CHART)
    gc.collect()
    assert [one for one in gc.get_objects() if isinstance(one, Figure)] == []
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.early
@pytest.mark.long
@pytest.mark.timeout(600)
def test_many_pictures_leave_no_memory_behind():
    for _ in range(DRAWN // 4):  # the fonts and what else is kept once
        draw(SHORT)
    before = resident()
    for _ in range(DRAWN):
        draw(SHORT)
    assert resident() - before < MOST_MB
