"""The measurement of what grows under steady work."""

import asyncio
import sys

import pytest

from bench.ack import ROOT
from bench.soak import JUDGED, WORDS, conclude, judge, picture, read, table
from bench.trend import trend


def samples(**rising):
    """Samples of an hour of which these figures rise by so much in all, and the others stay at 100."""
    names = [*WORDS, "dead", "not_acked"]
    return [
        {"seconds": 15.0 * n} | {name: 100.0 + rising.get(name, 0.0) * n / 240 for name in names} for n in range(1, 241)
    ]


def test_a_line_is_fitted_through_samples():
    line = trend([0, 1200, 2400, 3600], [10, 11, 12, 13])
    assert (line.median, round(line.an_hour, 6), round(line.error, 6)) == (11.5, 3.0, 0.0)
    assert not line.is_flat


@pytest.mark.parametrize(("values", "flat"), [([100, 101, 103, 104], True), ([100, 103, 106, 109], False)])
def test_flat_is_what_rises_by_less_than_a_twentieth_in_an_hour(values, flat):
    assert trend([0, 1200, 2400, 3600], values).is_flat is flat


def test_the_verdict_names_what_rises():
    assert table(judge(samples())).endswith("Everything is flat.")
    assert table(judge(samples(files=20, rss_mb=4))).endswith("Rises: open files.")
    assert table(judge(samples(outbox=20, rate=20))).endswith(
        "Rises: open rows of the outbox. Meanwhile the rate rose by 20.0 events a second."
    )


def test_the_picture_is_the_same_for_the_same_samples():
    found = picture(samples(rss_mb=30))
    assert found == picture(samples(rss_mb=30))
    assert all(words.encode() in found for words in JUDGED.values())


@pytest.mark.edge
@pytest.mark.timeout(120)
async def test_a_short_soak_takes_its_samples_and_judges_them(tmp_path):
    out = tmp_path / "soak.csv"
    asked = ["--minutes", "0.1", "--every", "1", "--rate", "10", "--sessions", "4", "--out", str(out)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.soak", *asked, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    found = read(out)
    assert process.returncode == 0
    assert len(found) >= 4
    assert max(one["rate"] for one in found) > 5
    assert found[-1]["not_acked"] == 0
    assert all(one["tasks"] > 0 for one in found)
    assert b"| memory, MB |" in said
    conclude(out)
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".json", ".svg"}
