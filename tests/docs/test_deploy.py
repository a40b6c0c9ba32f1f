"""The papers of `deploy` name commands, settings, ports, paths and files that there are."""

import argparse
import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.__main__ import _parser
from bot.config import Settings
from bot.timing import PRODUCTION

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path.relative_to(ROOT).as_posix() for path in DEPLOY.rglob("*") if path.is_file())
COMPOSE = ("deploy/compose.yaml", "deploy/compose.small.yaml")
MANIFESTS = sorted(path.name for path in (DEPLOY / "kubernetes").glob("*.yaml"))
PAGES = ("docs/deploying.md", "docs/replicas.md", "docs/runbook.md", "docs/running.md")
PROBED = {"/healthz", "/readyz"}
# A stop: what is inside is answered, flows and ticks end, connections close.
LONGEST_STOP = PRODUCTION.listener_drain + PRODUCTION.flow_drain + PRODUCTION.tick_drain
PRE_STOP = 5
USER = 10001


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def commands() -> set[str]:
    """The commands of `python -m bot`."""
    subs = next(one for one in _parser()._actions if isinstance(one, argparse._SubParsersAction))
    return set(subs.choices)


def settings() -> set[str]:
    return {*Settings.names(), *(f"{name}_FILE" for name in Settings.secret_names())}


def loaded(name: str) -> Any:
    return yaml.safe_load(read(name))


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("name", FILES)
def test_each_names_settings_that_there_are(name: str) -> None:
    named = set(re.findall(r"\b(?:BOT|SLACK|DEVIN|DATABASE)_[A-Z_]+\b", read(name)))
    assert named - settings() == set()


@pytest.mark.parametrize("name", FILES)
def test_none_names_a_registry(name: str) -> None:
    lines = [line for line in read(name).splitlines() if re.match(r"\s*(- )?(image|FROM|name):? ", line)]
    images = [line.split()[1 if line.startswith("FROM") else -1] for line in lines]
    assert [image for image in images if "." in image.split(":")[0] or image.count("/") > 1] == []


@pytest.mark.parametrize("name", ["deploy/Dockerfile", *COMPOSE])
def test_an_image_of_somebody_else_is_pinned_by_its_digest(name: str) -> None:
    """A tag alone may be another image tomorrow. Ours, and the stages of its build, have no digest."""
    images = re.findall(r"^(?:FROM| *image:) (\S+)(?: AS (\S+))?", read(name), re.MULTILINE)
    ours = {"devin-bridge:0.1.0", *(stage for _, stage in images)}
    others = [image for image, _ in images if image not in ours]
    assert [image for image in others if not re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", image)] == []
    assert len(others) == {"deploy/Dockerfile": 1, "deploy/compose.yaml": 2, "deploy/compose.small.yaml": 0}[name]


@pytest.mark.parametrize("name", FILES)
def test_each_is_found_from_the_page_that_leads_through_it(name: str) -> None:
    page = read("docs/deploying.md")
    assert name in page or f"{Path(name).parent}/" in page


@pytest.mark.parametrize("page", PAGES)
def test_each_command_that_a_page_names_is_one(page: str) -> None:
    text = read(page)
    named = re.findall(r"python -m bot ([a-z]+)", text)
    named += re.findall(r"docker run .* devin-bridge:\S+ ([a-z]+)$", text, re.MULTILINE)
    assert named
    assert set(named) - commands() == set()


@pytest.mark.parametrize("page", ["docs/deploying.md", "docs/runbook.md"])
def test_each_command_line_that_a_page_gives_is_taken(page: str) -> None:
    lines = re.findall(r"python -m bot ([^`\n]+)", read(page))
    assert lines
    for line in lines:
        assert _parser().parse_args(shlex.split(line)), line


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_a_page_names_is_there(page: str) -> None:
    of_the_reader = {"deploy/.env", "deploy/tls.pem"}
    named = set(re.findall(r"(?<![\w/])deploy/[\w./-]*\w/?", read(page))) - of_the_reader
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def restoring(beginning: str) -> list[list[str]]:
    """The lines with which the runbook puts a backup in place, that begin so."""
    lines = read("docs/runbook.md").partition("## Put a backup in place")[2].splitlines()
    return [shlex.split(line) for line in lines if line.startswith(beginning)]


@pytest.mark.parametrize(("file", "processes"), [(COMPOSE[0], {"web", "worker"}), (COMPOSE[1], {"bot"})])
def test_a_backup_is_put_in_place_under_compose_while_everything_is_stopped(file: str, processes: set[str]) -> None:
    services = yaml.safe_load(read(file))["services"]
    lines = [line[4:] for line in restoring(f"docker compose --file {file} ")]
    stop = next(number for number, line in enumerate(lines) if line[0] == "stop")
    *_, restored, start = lines
    assert set(lines[stop][1:]) == set(start[1:]) == processes
    assert (start[0], restored[:2], restored[3]) == ("start", ["run", "--rm"], "restored")
    assert restored[2] in processes
    named = {word for line in lines for word in line if word in services}
    assert named == processes | ({"postgres"} if len(processes) > 1 else set())


def test_a_backup_of_sqlite_takes_the_place_of_the_store_which_is_kept(tmp_path: Path) -> None:
    for name in ("devin-bridge.db", "devin-bridge.db-wal"):
        (tmp_path / name).write_text("of before")
    (tmp_path / "backup.db").write_text("of the backup")
    (line,) = (line for line in restoring(f"docker compose --file {COMPOSE[1]} ") if "--entrypoint" in line)
    shell = line[line.index("--entrypoint") + 1], *line[line.index("-c") : -2]
    assert line[-2:] == ["<", "backup.db"]
    with (tmp_path / "backup.db").open() as backup:
        subprocess.run(shell, cwd=tmp_path, stdin=backup, timeout=60, check=True)
    assert (tmp_path / "devin-bridge.db").read_text() == "of the backup"
    assert {path.name for path in (tmp_path / "before").iterdir()} == {"devin-bridge.db", "devin-bridge.db-wal"}


def test_a_backup_is_noted_by_a_job_of_kubernetes_like_the_one_that_migrates() -> None:
    ((*sed, manifest, _, _, _, _, _),) = restoring("sed ")
    made = subprocess.run([*sed, ROOT / manifest], capture_output=True, text=True, timeout=60, check=True).stdout
    job, like = yaml.safe_load(made), yaml.safe_load(read(manifest))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["restored"]
    assert set(container["args"]) <= commands()
    waits = [line for line in restoring("kubectl wait") if f"job/{job['metadata']['name']}" in line]
    assert waits
    assert "migrate" not in made.partition("apiVersion")[2]
    container["args"] = like["spec"]["template"]["spec"]["containers"][0]["args"]
    assert job["spec"]["template"]["spec"] == like["spec"]["template"]["spec"]


# ---------------------------------------------------------------- the image


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile says, line by line, without comments and with long lines put together."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", read("deploy/Dockerfile"), flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in text.splitlines() if line]


def of(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def is_sent(path: str) -> bool:
    """Whether the builder gets a file of the repository, by .dockerignore: the last line that fits decides."""
    sent = True
    for line in read(".dockerignore").splitlines():
        pattern = line.removeprefix("!").removesuffix("/")
        parts = Path(path).parts
        above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        loose = pattern.removeprefix("**/")
        fits = any(fnmatch.fnmatchcase(one, pattern) for one in above) or (loose != pattern and loose in parts)
        if line and not line.startswith("#") and fits:
            sent = line.startswith("!")
    return sent


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder /app of the image, made as its build makes it."""
    for copied in of("COPY"):
        *sources, target = copied.split()
        if not target.startswith("/app/"):
            continue
        for source in sources:
            within = tmp_path / target.lstrip("/") / (source if target.endswith("/") else "")
            _copy(ROOT / source, within)
    return tmp_path / "app"


def _copy(source: Path, target: Path) -> None:
    files = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
    for path in files:
        if is_sent(path.relative_to(ROOT).as_posix()):
            to = target / path.relative_to(source) if source.is_dir() else target
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)


def test_the_builder_gets_no_secret_no_store_and_no_history() -> None:
    kept = [
        ".env",
        "deploy/.env",
        "deploy/tls.pem",
        "devin-bridge.db",
        ".git/HEAD",
        "tests/work.py",
        ".venv/bin/python",
    ]
    assert [path for path in [*kept, "bot/__pycache__/app.cpython-313.pyc"] if is_sent(path)] == []


def test_what_is_copied_is_sent_to_the_builder() -> None:
    sources = [source for copied in of("COPY") if "--from" not in copied for source in copied.split()[:-1]]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert all(is_sent(source) for source in sources if (ROOT / source).is_file())
    assert is_sent("bot/app.py")
    assert is_sent("bot/playground/page/static/tour.js")


@pytest.mark.parametrize("command", ["manifest", "doctor --help"])
def test_what_is_copied_is_all_that_the_bot_needs(app: Path, tmp_path: Path, command: str) -> None:
    environment = dict(pair.split("=", 1) for pair in shlex.split(" ".join(of("ENV")))) | {"PYTHONPATH": str(app)}
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "bot", *command.split()],
        cwd=tmp_path / "work",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    assert list((tmp_path / "work").iterdir()) == []


def test_the_image_runs_as_nobody_who_is_known_and_installs_only_what_has_a_hash() -> None:
    assert of("USER") == [f"{USER}:{USER}"]
    (install,) = [run for run in of("RUN") if "pip" in run]
    assert {"--require-hashes", "--only-binary"} <= set(install.split())
    (pins,) = shlex.split(of("ARG")[0].split("=", 1)[1])
    assert (ROOT / pins).exists()
    assert f"\nPINS ?= {pins}\n" in read("Makefile")
    assert of("FROM")[1:] == ["base AS build", "base"]


def test_the_image_starts_the_bot_by_default() -> None:
    assert json.loads(of("ENTRYPOINT")[0]) == ["python", "-m", "bot"]
    assert set(json.loads(of("CMD")[0])) <= commands()
    assert of("EXPOSE") == [str(Settings.model_fields["port"].default)]


# ---------------------------------------------------------------- compose


def services(name: str) -> dict[str, Any]:
    found: dict[str, Any] = loaded(name)["services"]
    return found


def ours(name: str) -> dict[str, Any]:
    return {one: service for one, service in services(name).items() if service["image"].startswith("devin-bridge:")}


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_runs_commands_of_the_bot_with_its_settings(name: str) -> None:
    for service in ours(name).values():
        assert _parser().parse_args(service["command"])
        withheld = {one for one, value in service["environment"].items() if value == ""}
        assert set(service["environment"]) - settings() - withheld == set()
        assert service["build"]["dockerfile"] == "deploy/Dockerfile"


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_hardens_each_process_and_gives_it_time_to_stop(name: str) -> None:
    for title, service in ours(name).items():
        assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])
        if title != "migrate":
            assert int(service["stop_grace_period"].removesuffix("s")) > LONGEST_STOP
            assert service["restart"] == "unless-stopped"


def test_compose_migrates_once_and_then_starts_two_of_each() -> None:
    found = ours("deploy/compose.yaml")
    assert {title: one["deploy"]["replicas"] for title, one in found.items() if "deploy" in one} == {
        "web": 2,
        "worker": 2,
    }
    for title in ("web", "worker"):
        assert found[title]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert found["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_compose_runs_the_bot_as_a_role_that_owns_nothing_and_gives_it_no_other_password() -> None:
    found, (secret,) = services(COMPOSE[0]), re.findall(r"\\getenv bot_password (\w+)", read("deploy/postgres.sql"))
    urls = {name: re.sub(r":\?[^}]*", "", found[name]["environment"]["DATABASE_URL"]) for name in ours(COMPOSE[0])}
    assert urls["web"] == urls["worker"] == f"postgresql://devin_bridge:${{{secret}}}@postgres/devin_bridge"
    assert urls["migrate"] == "postgresql://devin_bridge_owner:${POSTGRES_OWNER_PASSWORD}@postgres/devin_bridge"
    database = found["postgres"]
    passwords = {name for name in database["environment"] if name.endswith("_PASSWORD")}
    assert set(re.findall(r"\\getenv \w+ (\w+)", read("deploy/postgres.sql"))) < passwords
    for name in ours(COMPOSE[0]):
        assert {found[name]["environment"][password] for password in passwords} == {""}
    assert "./postgres.sql:/docker-entrypoint-initdb.d/roles.sql:ro" in database["volumes"]


def test_compose_keeps_the_proxy_from_postgresql_and_postgresql_from_everything_outside() -> None:
    of = {name: set(service["networks"]) for name, service in services("deploy/compose.yaml").items()}
    assert of["postgres"] == of["migrate"] == {"store"}
    assert not of["proxy"] & of["postgres"]
    assert of["proxy"] & of["web"] == {"front"}
    assert not of["proxy"] & of["worker"]


def test_the_proxy_of_compose_leads_to_the_port_and_the_paths_of_the_bot() -> None:
    text = read("deploy/haproxy.cfg")
    port = ours("deploy/compose.yaml")["web"]["environment"]["PORT"]
    assert f" web:{port} " in text
    assert set(re.findall(r"(?<= )/[a-z/]+\b", re.sub(r"#.*|crt \S+", "", text))) == {"/slack/events", "/readyz"}
    mounted = {volume.split(":")[1] for volume in services("deploy/compose.yaml")["proxy"]["volumes"]}
    assert set(re.findall(r" crt (\S+)", text)) <= mounted
    (published,) = services("deploy/compose.yaml")["proxy"]["ports"]
    assert f"bind :{published.split(':')[1]} ssl" in text


@pytest.mark.skipif(not shutil.which("haproxy"), reason="needs Debian's haproxy, which reads its own file best")
def test_haproxy_takes_its_file(tmp_path: Path) -> None:
    subject = ["-subj", "/CN=bot.example", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], check=True)
    (tmp_path / "tls.pem").write_text((tmp_path / "certificate").read_text() + (tmp_path / "key").read_text())
    text = read("deploy/haproxy.cfg").replace("/usr/local/etc/haproxy/tls.pem", str(tmp_path / "tls.pem"))
    (tmp_path / "haproxy.cfg").write_text(text)
    subprocess.run(["haproxy", "-c", "-f", str(tmp_path / "haproxy.cfg")], check=True, timeout=60)


# ---------------------------------------------------------------- Kubernetes


def objects(*kinds: str) -> Iterator[dict[str, Any]]:
    for name in MANIFESTS:
        for one in yaml.safe_load_all(read(f"deploy/kubernetes/{name}")):
            if one["kind"] in kinds:
                yield one


def pods() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each template of pods, and its container."""
    for one in objects("Deployment", "Job"):
        spec = one["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        yield spec, container


def test_kustomize_has_every_manifest_but_the_one_that_comes_before() -> None:
    listed = loaded("deploy/kubernetes/kustomization.yaml")["resources"]
    assert {*listed, "migrate.yaml", "kustomization.yaml"} == set(MANIFESTS)


def test_each_pod_runs_a_command_of_the_bot_with_its_settings_and_the_secret_by_name() -> None:
    for _, container in pods():
        assert _parser().parse_args(container["args"])
        assert {variable["name"] for variable in container.get("env", [])} - settings() == set()
        secret = "devin-bridge-owner" if container["args"] == ["migrate"] else "devin-bridge"
        assert container["envFrom"] == [{"secretRef": {"name": secret}}]
        assert f"create secret generic {secret} " in read("docs/deploying.md")
    assert list(objects("Secret")) == []


def test_each_pod_has_the_user_of_the_image_and_writes_to_no_file_system() -> None:
    for spec, container in pods():
        assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, USER)
        assert spec["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("one", list(objects("Deployment")), ids=lambda one: str(one["metadata"]["name"]))
def test_the_probes_of_a_deployment_ask_what_the_bot_answers_and_a_stop_has_its_time(one: dict[str, Any]) -> None:
    spec = one["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {probe["path"] for probe in probes.values()} == PROBED
    assert probes["livenessProbe"]["path"] == "/healthz"  # an outage of the store is no reason to end the process
    assert {probe["port"] for probe in probes.values()} == {container["ports"][0]["name"]}
    assert {"name": "PORT", "value": str(container["ports"][0]["containerPort"])} in container["env"]
    assert container["lifecycle"]["preStop"] == {"exec": {"command": ["sleep", str(PRE_STOP)]}}
    assert spec["terminationGracePeriodSeconds"] > LONGEST_STOP + PRE_STOP
    assert container["readinessProbe"]["timeoutSeconds"] > PRODUCTION.readiness


def test_each_deployment_has_two_pods_and_loses_one_at_a_time() -> None:
    budgets = {
        one["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] for one in objects("PodDisruptionBudget")
    }
    for one in objects("Deployment"):
        labels = one["spec"]["selector"]["matchLabels"]
        assert one["spec"]["template"]["metadata"]["labels"] == labels
        assert one["spec"]["replicas"] == 2
        assert labels["app.kubernetes.io/component"] in budgets
    assert budgets == {"web", "worker"}


def test_only_the_proxy_reaches_receivers_and_only_the_bot_reaches_postgresql() -> None:
    (service,) = objects("Service")
    policies = {one["metadata"]["name"]: one["spec"] for one in objects("NetworkPolicy")}
    bot, web = policies["devin-bridge"], policies["devin-bridge-web"]
    assert service["spec"]["selector"] == web["podSelector"]["matchLabels"]
    assert {443, 5432, 53} <= {port["port"] for rule in bot["egress"] for port in rule["ports"]}
    for policy in policies.values():
        assert "Ingress" in policy["policyTypes"]
        assert all(rule["from"] and rule["ports"] for rule in policy["ingress"])
    assert [port["port"] for one in (bot, web) for rule in one["ingress"] for port in rule["ports"]] == [3000, 3000]
    (to_store,) = policies["devin-bridge-postgresql"]["ingress"]
    assert to_store["from"] == [{"podSelector": bot["podSelector"]}]
    assert bot["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "devin-bridge"}
    for one in objects("Deployment", "Job"):
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert bot["podSelector"]["matchLabels"].items() <= labels.items()


# ---------------------------------------------------------------- systemd


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in read("deploy/devin-bridge.service").splitlines():
        if "=" in line and not line.startswith("#"):
            found.setdefault(line.split("=", 1)[0], []).append(line.split("=", 1)[1])
    return found


def test_the_unit_starts_a_command_of_the_bot_and_gives_it_time_to_stop() -> None:
    (start,) = unit()["ExecStart"]
    assert _parser().parse_args(start.partition(" -m bot ")[2].split())
    assert int(unit()["TimeoutStopSec"][0]) > LONGEST_STOP
    assert (unit()["DynamicUser"], unit()["ProtectSystem"], unit()["Restart"]) == (["yes"], ["strict"], ["always"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze, which reads units best")
def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    text = read("deploy/devin-bridge.service").replace("/opt/devin-bridge/.venv/bin/python", sys.executable)
    copy = tmp_path / "devin-bridge.service"
    copy.write_text(text)
    for asked in (["verify", str(copy)], ["security", "--offline=true", "--threshold=20", str(copy)]):
        done = subprocess.run(
            ["systemd-analyze", "--no-pager", *asked],
            env=os.environ | {"SYSTEMD_COLORS": "0"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert asked[0] == "security" or done.stderr == ""
