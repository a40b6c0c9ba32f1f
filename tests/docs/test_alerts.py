"""Alerts and dashboard ask for metrics that there are, and the runbook has a section for each alert and no other."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.metrics import Metrics
from tests.promtool import RULES, needs_promtool, promtool

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana/devin-bridge.json").read_text("utf-8"))
GROUPS = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
ALERTS = [rule for group in GROUPS for rule in group["rules"]]
NAMES = [rule["alert"] for rule in ALERTS]
OF_PROMETHEUS = {"up": {"job", "process", "instance"}}
OF_EACH_TARGET = {"job", "process", "instance"}
WORDS = {"sum", "max", "count", "by", "unless", "or", "on", "offset", "increase", "rate", "changes", "abs", "absent"}
WORDS |= {"histogram_quantile", "topk"}


def metrics() -> dict[str, set[str]]:
    """The series that the bot has, with their labels."""
    collectors = [one for one in Metrics().registry._collector_to_names if hasattr(one, "_labelnames")]
    series = {
        f"{one._name}{suffix}": {*one._labelnames, *(["le"] if suffix == "_bucket" else [])}
        for one in collectors
        for suffix in {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(one._type, [""])
    }
    of_the_process = {family.name: set[str]() for family in Metrics().registry.collect()}
    cpu = {"process_cpu_seconds_total": set[str]()}
    return {**{name: labels for name, labels in of_the_process.items() if name.startswith("process_")}, **cpu, **series}


def expressions() -> Iterator[tuple[str, str]]:
    """Each expression of the alerts and of the dashboard, and what has it."""
    yield from ((rule["alert"], rule["expr"]) for rule in ALERTS)
    for panel in DASHBOARD["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", []))
    yield from ((one["name"], one["expr"]) for one in DASHBOARD["annotations"]["list"])


EXPRESSIONS = list(expressions())


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS, ids=[title for title, _ in EXPRESSIONS])
def test_each_expression_asks_for_series_and_labels_that_there_are(title: str, expression: str) -> None:
    known = metrics() | OF_PROMETHEUS
    bare = re.sub(r'"[^"]*"|\[[^]]*\]', "", expression)
    selected = re.findall(r"\b([a-z_]+)(?:\{([^}]*)\}|(?=[\s)]|$))", re.sub(r"\b(?:by|on) ?\([^)]*\)", "", bare))
    names = {name for name, _ in selected} - WORDS
    assert names
    assert names - set(known) == set()
    labels = {label for _, inside in selected for label in re.findall(r"(\w+)\s*[=!]~?", inside)}
    labels |= {label for inside in re.findall(r"\bby ?\(([^)]*)\)", bare) for label in re.split(r"\W+", inside)}
    assert labels - OF_EACH_TARGET - set().union(*(known[name] for name in names)) == set()


@pytest.mark.parametrize("label", ["reason", "box", "source", "service"])
def test_a_value_that_an_alert_asks_for_is_one_that_the_page_of_metrics_names(label: str) -> None:
    page = (ROOT / "docs/metrics.md").read_text("utf-8")
    asked = {
        value
        for _, one in EXPRESSIONS
        for values in re.findall(rf'\b{label}=~?"([^"]+)"', one)
        for value in values.split("|")
    }
    assert [value for value in asked if f"`{value}`" not in page] == []


# ---------------------------------------------------------------- alerts


def test_each_alert_has_a_name_of_its_own_a_severity_and_a_sentence() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert {rule["labels"]["severity"] for rule in ALERTS} == {"critical", "warning"}
    assert [rule["alert"] for rule in ALERTS if not rule["annotations"]["summary"]] == []


def test_the_runbook_has_a_section_for_each_alert_in_their_order_and_one_for_a_lost_store() -> None:
    sections = re.findall(r"^## (.+)$", (ROOT / "docs/runbook.md").read_text("utf-8"), re.MULTILINE)
    assert sections == [*NAMES, "Put a backup in place"]


@pytest.mark.parametrize("rule", ALERTS, ids=NAMES)
def test_each_alert_leads_to_its_section(rule: dict[str, Any]) -> None:
    section = f"runbook.md#{rule['alert'].lower()}"
    assert rule["annotations"]["runbook_url"] == f"{{{{ $externalLabels.devin_bridge_docs }}}}/{section}"
    labels = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["global"]["external_labels"]
    assert labels["devin_bridge_docs"].startswith("https://")


def test_prometheus_reads_the_path_and_the_rules_that_there_are() -> None:
    (job,) = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("devin-bridge", "/metrics")
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))["services"]
    (discovery,) = job["dns_sd_configs"]
    assert set(discovery["names"]) <= set(services)
    assert {services[name]["environment"]["PORT"] for name in discovery["names"]} == {str(discovery["port"])}


@needs_promtool
def test_promtool_takes_the_rules_and_the_configuration() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))
    promtool("check", "config", "--syntax-only", str(ROOT / "deploy/prometheus/prometheus.yml"))


# ---------------------------------------------------------------- the dashboard


def test_each_panel_has_its_place_and_asks_the_chosen_prometheus() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@needs_promtool
def test_promtool_takes_each_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel_{number}", "expr": one.replace("$__rate_interval", "1m")}
        for number, (_, one) in enumerate(EXPRESSIONS)
    ]
    (tmp_path / "dashboard.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(tmp_path / "dashboard.yml"))


# ---------------------------------------------------------------- promtool itself

APT = """\
#!/bin/sh
echo "$@" >>"$CALLS"
exit 100
"""


def test_where_debian_is_out_of_reach_promtool_is_missing_and_nothing_was_installed(tmp_path: Path) -> None:
    (tmp_path / "clone/.ci").mkdir(parents=True)
    (tmp_path / "clone/.ci/rules").write_bytes((ROOT / ".ci/rules").read_bytes())
    (tmp_path / "apt-get").write_text(APT)
    (tmp_path / "apt-get").chmod(0o755)
    done = subprocess.run(
        ["bash", tmp_path / "clone/.ci/rules"],
        env={"PATH": f"{tmp_path}:/bin", "CALLS": str(tmp_path / "calls")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() in (["Fetching promtool from Debian …", "That failed (.rules/apt.log)."], [])
    calls = (tmp_path / "calls").read_text() if done.stdout else "download"
    assert re.findall(r"\b(?:install|upgrade|remove)\b", calls) == []
