"""A chart of lines, which Slack draws, and the same as a picture, and as characters, for where it does not.

https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

from collections.abc import Sequence
from typing import Final

from bot.views import blocks
from bot.views.line_chart import LineChart
from bot.views.message import Block, MadeFile, Message
from bot.views.text import one_line, shortened, tenths

TITLE_LIMIT: Final = 50
LABEL_LIMIT: Final = 20
ALT_LIMIT: Final = 1000  # https://docs.slack.dev/reference/methods/files.getUploadURLExternal
PICTURE: Final = "chart.png"
_HEIGHTS: Final = "▁▂▃▄▅▆▇█"


def chart_message(chart: LineChart, *above: str) -> Message:
    """Build a message of the chart, with a paragraph `above` it.

    In its plainest form the first of its lines is one of characters.
    """
    head = [blocks.section(text) for text in above if text]
    first = chart.lines[0]
    drawn = f"*{chart.title}*\n`{sparkline(first.values)}`\n{chart.in_words}"
    plainest = Message(chart.in_words, [*head, blocks.section(drawn)])
    picture = MadeFile(PICTURE, chart=chart, alt=alt_text(chart))
    with_picture = Message("\n".join([*filter(None, above), chart.in_words]), plainer=plainest, file=picture)
    return Message(chart.in_words, [*head, chart_block(chart)], with_picture)


def alt_text(chart: LineChart) -> str:
    """Describe a picture of the chart with its numbers: those of the first line by their categories."""
    first, *others = chart.lines
    by_category = zip(chart.categories, first.values, strict=True)
    lines = [
        f"{first.name}: {', '.join(f'{category} {tenths(value)}' for category, value in by_category)}.",
        *(f"{line.name}: {', '.join(map(tenths, line.values))}." for line in others),
    ]
    return shortened(f"{chart.title}. {' '.join(lines)}", ALT_LIMIT)


def chart_block(chart: LineChart) -> Block:
    """Build the block of a chart. Each line has one point for each category, in that order."""
    categories = [_label(category) for category in chart.categories]
    series = [
        {
            "name": _label(line.name),
            "data": [{"label": label, "value": value} for label, value in zip(categories, line.values, strict=True)],
        }
        for line in chart.lines
    ]
    axes = {"categories": categories, "y_label": chart.unit}
    title = shortened(one_line(chart.title), TITLE_LIMIT)
    return {
        "type": "data_visualization",
        "title": title,
        "chart": {"type": "line", "series": series, "axis_config": axes},
    }


def sparkline(values: Sequence[float]) -> str:
    """Draw `values` as a line of block characters; nothing at all is the lowest one."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return _HEIGHTS[0] * len(values)
    steps = len(_HEIGHTS) - 1
    return "".join(_HEIGHTS[max(0, round(value / highest * steps))] for value in values)


def _label(text: str) -> str:
    return shortened(one_line(text), LABEL_LIMIT)
