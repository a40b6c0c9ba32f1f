"""Prometheus' own tool for rules: it checks them, and says which alerts fire on given samples."""

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

ROOT: Final = Path(__file__).parents[1]
RULES: Final = ROOT / "deploy/prometheus/alerts.yml"
TARGET: Final = {"job": "devin-bridge", "process": "run"}
_UNPACKED: Final = ROOT / ".rules/usr/bin/promtool"
_TOOL: Final = shutil.which("promtool") or (str(_UNPACKED) if _UNPACKED.exists() else None)

needs_promtool = pytest.mark.skipif(_TOOL is None, reason="needs promtool, which `.ci/rules` fetches from Debian")


def promtool(*arguments: str) -> str:
    """Run it; returns what it says, and fails where it finds a fault."""
    assert _TOOL is not None
    done = subprocess.run([_TOOL, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Recorded:
    """What Prometheus has read from a bot, a sample a minute."""

    minutes: int = 0
    series: dict[str, list[str]] = field(default_factory=dict)

    def keep(self, exposition: str | None, minutes: int = 1, *others: str) -> None:
        """Record what `/metrics` said for so many minutes; None is a bot that did not answer.

        `others` are what further processes said.
        """
        samples: dict[str, str] = {}
        for number, text in enumerate((exposition, *others)):
            samples |= _read(text, TARGET | {"instance": f"10.0.0.{number}:3000"})
        for name in self.series.keys() | samples.keys():
            values = self.series.setdefault(name, ["_"] * self.minutes)
            values += [samples.get(name, "_")] * minutes
        self.minutes += minutes

    def firing(self, folder: Path) -> set[str]:
        """The alerts that fire in the last minute, as promtool finds them."""
        test = {
            "rule_files": [str(RULES)],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": name, "values": " ".join(v)} for name, v in self.series.items()],
                    "promql_expr_test": [
                        {
                            "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
                            "eval_time": f"{self.minutes - 1}m",
                            "exp_samples": [{"labels": '{alertname="none of these"}', "value": 1}],
                        }
                    ],
                }
            ],
        }
        (folder / "rehearsal.yml").write_text(yaml.safe_dump(test))
        assert _TOOL is not None
        done = subprocess.run(
            [_TOOL, "test", "rules", str(folder / "rehearsal.yml")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        # It tells what it got beside what was expected, which is always something else.
        got = re.search(r"^\s*got: ?(.*)$", done.stdout + done.stderr, re.MULTILINE)
        assert got, done.stdout + done.stderr
        return set(re.findall(r'alertname=\\?"(\w+)\\?"', got[1]))


def _read(exposition: str | None, target: dict[str, str]) -> dict[str, str]:
    samples = {_named("up", target): "0" if exposition is None else "1"}
    for family in text_string_to_metric_families(exposition or ""):
        samples |= {_named(one.name, {**one.labels, **target}): repr(float(one.value)) for one in family.samples}
    return samples


def _named(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{inside}}}"
