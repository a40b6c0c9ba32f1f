"""Each metric stands in the table with its type and labels, and the table names no other."""

import tomllib
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.metrics import Metrics
from bot.version import VERSION

ROOT = Path(__file__).parent.parent.parent


def in_the_table():
    lines = [line for line in (ROOT / "docs/metrics.md").read_text().splitlines() if line.startswith("| `devin_")]
    rows = [[part.strip(" `") for part in line.split("|")] for line in lines]
    return {row[1]: row[2] for row in rows}


def in_the_code():
    metrics = Metrics()
    made = {value for value in metrics.registry._collector_to_names if hasattr(value, "_labelnames")}
    return {metric._name: (metric._type, set(metric._labelnames)) for metric in made}


def test_each_metric_stands_in_the_table_with_its_type_and_the_table_names_no_other():
    assert in_the_table() == {name: kind for name, (kind, _) in in_the_code().items()}


@pytest.mark.parametrize("name", sorted(in_the_code()))
def test_each_label_of_a_metric_stands_in_its_row(name):
    (row,) = [line for line in (ROOT / "docs/metrics.md").read_text().splitlines() if f"`{name}`" in line]
    labels = row.split("|")[3]
    assert [label for label in in_the_code()[name][1] if f"`{label}`" not in labels] == []


def test_the_release_is_the_one_of_the_project(capsys):
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith(f"devin-bridge {VERSION}, Python 3.")
