"""Everything on the page about growth: `python -m bench.scaling`, about twenty minutes on a machine without other work.

Measures ticks by the number of open sessions (`growth.py`), bots at rest (`rest.py`) and processes (`scale.py`), writes
the figures to `bench/scaling.json`, and from there the pictures and tables of `docs/scaling.md`. `--only` measures a
part anew, and `--render` nothing. An hour's soak is measured by `soak.py`; `--soak FILE` takes its JSON over.
"""

import argparse
import asyncio
import json
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import uvloop

from bench import forecast, growth, rest, scale
from bench.ack import ROOT, machine
from bench.growth import curve_at
from bench.load import Plan
from bench.pictures import panels
from bench.rest import side_by_side
from bench.scale import HEAD, SETUPS, Row
from bench.soak import table as soak_table
from bot.views.line_chart import Line, LineChart

FIGURES: Final = ROOT / "bench" / "scaling.json"
DOCS: Final = ROOT / "docs"
PAGE: Final = DOCS / "scaling.md"
PARTS: Final = ("growth", "rest", "workers")
SIZES: Final = (1_000, 10_000, 100_000)
AIMS: Final[Mapping[str, str]] = {
    "unchanged_ms": "20 at 100,000",
    "cycles": "3",
    "watch_ms": "300",
    "watch_pause_ms": "20",
    "budgets_ms": "200",
    "idle_cpu": "1, 2, 3",
    "rss_mb": "150 at 100,000",
}
# The panels of the picture of curves: titles with the figures that each of them shows.
_PANELS: Final = (
    ("A cycle with nothing changed", "CPU ms", {"unchanged_ms": "nothing changed"}),
    ("A hundredth changed", "CPU ms", {"changed_all_ms": "until all is posted", "changed_ms": "the first cycle"}),
    ("A sweep of message counts", "CPU ms", {"sweep_ms": "the whole sweep"}),
    ("Each minute", "CPU ms", {"watch_ms": "runaway watch", "budgets_ms": "budgets"}),
    ("At rest", "% of a core", {"idle_cpu": "CPU"}),
    ("Memory at rest", "MB", {"rss_mb": "memory", "peak_mb": "most since the start"}),
)
_BLOCK: Final = r"(<!-- {0}: by `python -m bench.scaling` -->\n)(.*?)(\n?<!-- end of {0} -->)"


# ---------------------------------------------------------------- the page


def curve_table(figures: Mapping[str, Any]) -> str:
    """The table of all figures by the number of open sessions."""
    curve: dict[str, dict[str, float]] = figures["curve"]
    heads = [f"{int(size):,}" for size in curve]
    lines = [f"| at open sessions | {' | '.join(heads)} | aim |", f"| --- |{' --: |' * (len(heads) + 1)}"]
    for name, words in {**growth.NAMES, **rest.NAMES}.items():
        values = [_number(one[name]) for one in curve.values()]
        lines.append(f"| {words} | {' | '.join(values)} | {AIMS.get(name, '')} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def workers_table(figures: Mapping[str, Any]) -> str:
    """The table of processes."""
    return "\n".join([HEAD, *(Row(**one).line() for one in figures["workers"])])


def measured(figures: Mapping[str, Any]) -> forecast.Measured:
    """What the forecast is calculated from: one process with the fewest sessions, and the soak."""
    least, soak = next(iter(figures["curve"].values())), figures["soak"]
    size, most = list(figures["curve"].items())[-1]
    return forecast.Measured(
        poll_ms=least["unchanged_ms"],
        watch_ms=least["watch_ms"],
        budgets_ms=least["budgets_ms"],
        event_ms=soak["mean_cpu"] * 10 / soak["mean_rate"],
        event_bytes=soak["figures"]["db_mb"]["an_hour"] * 1e6 / 3600 / soak["mean_rate"],
        session_bytes=most["store_mb"] * 1e6 / int(size),
    )


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """What stands between the marks of the page, by their names."""
    return {
        "machine": figures["machine"],
        "curve": curve_table(figures),
        "workers": workers_table(figures),
        "soak": soak_table(figures["soak"]),
        "forecast": forecast.tables(forecast.Company(), measured(figures)),
    }


def pictures(figures: Mapping[str, Any]) -> dict[str, bytes]:
    """The pictures by the names of their files."""
    curve: dict[str, dict[str, float]] = figures["curve"]
    sizes = [f"{int(size):,}" for size in curve]
    charts = [
        LineChart(title, sizes, [Line(words, [at[name] for at in curve.values()]) for name, words in chosen.items()],
                  unit, "")
        for title, unit, chosen in _PANELS
    ]  # fmt: skip
    rows = [one for one in (Row(**one) for one in figures["workers"]) if not one.sessions]
    ours = [one for one in rows if one.late_s is not None]
    acks = [Line("p50", [one.p50_ms for one in rows]), Line("p99", [one.p99_ms for one in rows])]
    late = [Line("last session", [one.late_s or 0.0 for one in ours])]
    processes = [
        LineChart("The ack", [_names(one) for one in rows], acks, "ms", ""),
        LineChart("From the last command to the last session in Devin", [_names(one) for one in ours], late, "s", ""),
    ]
    return {"scaling.svg": panels(charts), "workers.svg": panels(processes, columns=1)}


def _names(row: Row) -> str:
    return f"{row.processes}\n{row.store}"


def render(page: str, figures: Mapping[str, Any]) -> str:
    """The page with the tables of these figures between its marks."""
    for name, table in tables(figures).items():
        places = re.findall(_BLOCK.format(name), page, re.DOTALL)
        if len(places) != 1:
            raise ValueError(f"The page has {len(places)} places for {name}.")
        [(begin, held, end)] = places
        page = page.replace(f"{begin}{held}{end}", f"{begin}{table}\n{end.lstrip()}")
    return page


def keep(figures: Mapping[str, Any]) -> None:
    """Write the figures alone."""
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def write(figures: Mapping[str, Any]) -> None:
    """Write figures, page and pictures."""
    keep(figures)
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
    for name, picture in pictures(figures).items():
        (DOCS / name).write_bytes(picture)


# ---------------------------------------------------------------- measuring


async def measure(parts: Sequence[str], figures: dict[str, Any], asked: argparse.Namespace) -> None:
    """Measure these parts, and put them into the figures."""
    with tempfile.TemporaryDirectory(prefix="scaling-") as folder:
        described = machine(Path(folder)).split("; the bot")[0]
    busy = f"with {os.getloadavg()[0]:.1f} other processes at work as it began"
    figures["machine"] = f"On {time.strftime('%B %-d, %Y')}: {described}; {busy}."
    sizes: list[int] = asked.sizes
    curve = {size: figures.get("curve", {}).get(str(size), {}) for size in sizes}
    if "growth" in parts:
        for size in sizes:
            curve[size] |= await curve_at(size, asked.times)
            print(size, curve[size], flush=True)
    if "rest" in parts:
        for size, found in zip(sizes, await side_by_side(sizes, asked.settle, asked.rest), strict=True):
            curve[size] |= found
            print(size, found, flush=True)
    figures["curve"] = {str(size): found for size, found in curve.items()}
    keep(figures)  # what comes next may fail
    if "workers" in parts:
        found_rows = await scale.run(Plan(rate=asked.rate, seconds=asked.seconds), SETUPS)
        figures["workers"] = [asdict(one) for one in found_rows]


def main() -> None:
    """Read the arguments, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this; may be given several times")
    parser.add_argument("--render", action="store_true", help="measure nothing; write page and pictures anew")
    parser.add_argument("--soak", type=Path, help="take over the JSON that `bench.soak` has written")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="open sessions")
    parser.add_argument("--times", type=int, default=3, help="how often each tick is run; the worst counts")
    parser.add_argument("--settle", type=float, default=rest.SETTLE, help="seconds from a start to its rest")
    parser.add_argument("--rest", type=float, default=rest.SECONDS, help="seconds of rest")
    parser.add_argument("--rate", type=float, default=20.0, help="commands a second to the processes")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long these come")
    asked = parser.parse_args()
    figures: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    if asked.soak:
        figures["soak"] = json.loads(asked.soak.read_text(encoding="utf-8"))
    if not asked.render:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(measure(asked.only or PARTS, figures, asked))
    write(figures)


if __name__ == "__main__":
    main()
