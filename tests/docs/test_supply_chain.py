"""What is fetched is asked for by name and taken by its hash, and what is shipped is listed with its licence."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import licenses
from bench.audit import Audit, audit

ROOT = Path(__file__).parents[2]
HASH = json.loads((ROOT / ".ci/axe/package-lock.json").read_text("utf-8"))["packages"]["node_modules/axe-core"][
    "integrity"
]
ALL = "chromium-headless-shell fonts-dejavu-core fonts-noto-color-emoji npm"
FETCHING = "Fetching axe-core from npm …"

APT = """\
#!/bin/sh
echo "$@" >>../apt
test -e ../no-shell && case "$*" in *headless*) exit 100 ;; esac
exit 0
"""
NPM = """\
#!/bin/sh
echo "$@" >>../npm
test -e ../no-network && { echo "npm error network" >&2; exit 1; }
mkdir -p .browser/node_modules && cp .browser/package-lock.json .browser/node_modules/.package-lock.json
"""


class Machine:
    """A machine with nothing on it but the programs that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.system = folder / "system"
        self.programs.mkdir()
        shutil.copytree(ROOT / ".ci", folder / "clone/.ci")
        for name in ("bash", "cat", "cp", "dirname", "env", "grep", "mkdir", "sed"):
            (self.programs / name).symlink_to(shutil.which(name) or "")
        self.program("apt-get", APT)
        self.program("id", "#!/bin/sh\necho 0\n")

    def program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def has(self, *paths: str) -> None:
        for path in paths:
            (self.system / path).parent.mkdir(parents=True, exist_ok=True)
            (self.system / path).touch(0o755)

    def has_debian_packages(self) -> None:
        fonts = "usr/share/fonts/truetype"
        self.has("usr/bin/chromium", f"{fonts}/dejavu/DejaVuSans.ttf", f"{fonts}/noto/NotoColorEmoji.ttf")

    def run(self, **environment: str) -> list[str]:
        usual = {"PATH": str(self.programs), "SYSTEM": str(self.system)}
        done = subprocess.run(
            [self.folder / "clone/.ci/browser"],
            env=usual | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    def called(self, name: str) -> list[str]:
        calls = self.folder / name
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# ---------------------------------------------------------------- as root


@pytest.mark.parametrize("environment", [{}, {"BROWSER": "firefox"}, {"CI": "false"}])
def test_as_root_nothing_is_installed_that_nobody_asked_for(machine: Machine, environment: dict[str, str]) -> None:
    assert machine.run(**environment) == [
        f"The tests of the page need packages of Debian's that are missing here: {ALL}.",
        "Without them these tests are skipped. To have them installed, as root: make browser BROWSER=install",
    ]
    assert machine.called("apt") == []


@pytest.mark.parametrize("environment", [{"BROWSER": "install"}, {"CI": "true"}])
def test_what_is_asked_for_is_installed_by_name(machine: Machine, environment: dict[str, str]) -> None:
    assert machine.run(**environment) == [f"Installing as root, from Debian, with what they depend on: {ALL} …"]
    assert machine.called("apt")[-1].endswith(f"install -y --no-install-recommends {ALL}")


def test_what_is_installed_in_place_of_a_package_is_named_too(machine: Machine) -> None:
    (machine.folder / "no-shell").touch()
    instead = ALL.replace("chromium-headless-shell", "chromium")
    assert machine.run(BROWSER="install")[1:] == [f"That failed (.browser/apt.log). Once more with: {instead} …"]
    assert machine.called("apt")[-1].endswith(instead)


def test_who_is_not_root_reads_what_root_can_install(machine: Machine) -> None:
    machine.program("id", "#!/bin/sh\necho 1000\n")
    lines = [f"These packages of Debian's are missing, and only root can install them, with apt-get: {ALL}."]
    assert (machine.run(BROWSER="install"), machine.called("apt")) == (lines, [])


def test_where_all_is_there_nothing_is_said(machine: Machine) -> None:
    machine.has_debian_packages()
    machine.program("npm", NPM)
    assert machine.run() == [FETCHING]
    assert machine.run() == []


# ---------------------------------------------------------------- by hash


def test_axe_is_taken_by_its_hash_and_none_of_its_scripts_runs(machine: Machine) -> None:
    machine.has_debian_packages()
    machine.program("npm", NPM)
    machine.run()
    (call,) = machine.called("npm")
    assert call.startswith("ci --prefix .browser --ignore-scripts ")  # `ci` refuses what has another hash
    assert json.loads((machine.folder / "clone/.browser/package-lock.json").read_text("utf-8")) == json.loads(
        (ROOT / ".ci/axe/package-lock.json").read_text("utf-8")
    )


def test_axe_of_another_hash_is_replaced(machine: Machine) -> None:
    machine.has_debian_packages()
    machine.program("npm", NPM)
    installed = machine.folder / "clone/.browser/node_modules/.package-lock.json"
    installed.parent.mkdir(parents=True)
    installed.write_text('{"integrity": "sha512-another"}')
    assert machine.run() == [FETCHING]
    assert HASH in installed.read_text()


def test_where_npm_reaches_nothing_that_is_said(machine: Machine) -> None:
    machine.has_debian_packages()
    machine.program("npm", NPM)
    (machine.folder / "no-network").touch()
    assert machine.run() == [FETCHING, "That failed (.browser/npm.log)."]


def test_each_package_of_npm_has_a_hash_and_no_address() -> None:
    lock = json.loads((ROOT / ".ci/axe/package-lock.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_nothing_is_installed_without_a_hash() -> None:
    makefile = re.sub(r"\\\n", "", (ROOT / "Makefile").read_text("utf-8"))
    installs = [line for line in makefile.splitlines() if re.search(r"\b(pip|npm|uv) (install|ci|sync)\b", line)]
    assert len(installs) == 2
    assert [line for line in installs if "--require-hashes" not in line] == []


# ---------------------------------------------------------------- vulnerabilities

PIP_AUDIT = f"""\
#!{sys.executable}
import json, sys, time
from pathlib import Path
here = Path(__file__).parent
if (here / "slow").exists():
    time.sleep(60)
if (here / "answer").exists():
    option = next(option for option in sys.argv if option.startswith("--output="))
    Path(option.removeprefix("--output=")).write_text((here / "answer").read_text())
(here / "asked").write_text(json.dumps(sys.argv[1:]))
sys.exit(1)
"""
SKIPPED = {"skip_reason": "Dependency not found on PyPI and could not be audited: two (2)"}
BAD = {"id": "PYSEC-2026-1", "fix_versions": ["1.1", "2.0"], "aliases": [], "description": ""}
NOT_ONE = (
    "Not audited: 2 of 2 pinned packages, because PyPI's data about vulnerabilities cannot be reached from here. "
    "Run `make audit` where PyPI itself can be reached."
)


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    (tmp_path / "pip-audit").write_text(PIP_AUDIT)
    (tmp_path / "pip-audit").chmod(0o755)
    (tmp_path / "pins.txt").write_text("one==1.0 \\\n    --hash=sha256:0\ntwo==2 ; python_version < '4' \\\n")
    return tmp_path / "pins.txt"


def asked(pins: Path, *packages: dict[str, object], seconds: float = 30) -> Audit:
    if packages:
        (pins.parent / "answer").write_text(json.dumps({"dependencies": packages}))
    return audit(str(pins.parent / "pip-audit"), [pins], seconds)


def test_what_is_known_of_no_package_is_said(pins: Path) -> None:
    done = asked(pins, {"name": "one", "version": "1.0", "vulns": []}, {"name": "two", "version": "2", "vulns": []})
    assert done.lines() == ["No vulnerability is known of 2 pinned packages."]
    assert (done.exit_code(strict=False), done.exit_code(strict=True)) == (0, 0)
    options = json.loads((pins.parent / "asked").read_text())
    assert {"--require-hashes", "--disable-pip", f"-r{pins}"} <= set(options)


def test_a_vulnerability_is_named_with_its_mend(pins: Path) -> None:
    done = asked(pins, {"name": "one", "version": "1.0", "vulns": [BAD]}, {"name": "two", "version": "2", "vulns": []})
    assert done.lines() == ["one 1.0: PYSEC-2026-1, fixed in 1.1, 2.0."]
    assert done.exit_code(strict=False) == 1


def test_packages_that_were_skipped_do_not_count_as_audited(pins: Path) -> None:
    done = asked(pins, {"name": "one", **SKIPPED}, {"name": "two", **SKIPPED})
    assert (done.lines(), done.exit_code(strict=False), done.exit_code(strict=True)) == ([NOT_ONE], 0, 1)


def test_what_is_skipped_is_said_beside_what_was_found(pins: Path) -> None:
    done = asked(pins, {"name": "one", "version": "1.0", "vulns": []}, {"name": "two", **SKIPPED})
    assert done.lines() == ["No vulnerability is known of 1 pinned packages.", NOT_ONE.replace("2 of 2", "1 of 2")]


def test_where_nothing_answers_that_is_said(pins: Path) -> None:
    assert asked(pins).lines() == [NOT_ONE]


def test_an_audit_waits_only_so_long(pins: Path) -> None:
    (pins.parent / "slow").touch()
    assert asked(pins, seconds=0.2).lines() == [NOT_ONE]


# ---------------------------------------------------------------- licences


def test_the_licences_are_those_of_what_is_shipped() -> None:
    page = (ROOT / "docs/licenses.md").read_text("utf-8")
    assert page == licenses.page(), "`make licenses` writes docs/licenses.md again"


def test_each_package_that_is_shipped_has_a_licence_and_a_home() -> None:
    rows = [line.split(" | ") for line in licenses.page().splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(licenses.pinned()) > 30
    assert [row for row in rows if len(row) != 4 or not all(part.strip(" |") for part in row)] == []


def test_no_home_page_is_that_of_a_registry() -> None:
    assert re.findall(r"pypi\.|pythonhosted|npmjs", licenses.page()) == []


# ---------------------------------------------------------------- what the image has in it

LISTING = '#!/bin/sh\necho "$@" >>listed\n'


def list_packages(folder: Path, tools: Path) -> str:
    """Have the packages of the image listed in a `folder` with the project's files; answers what was said."""
    for file in (ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("requirements*.txt")):
        shutil.copy(file, folder)
    # Not newer than what the tools are made of, so that none are fetched.
    done = subprocess.run(
        ["make", "-s", "-o", f"{tools}/.ready", "sbom", f"TOOLS={tools}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_the_list_for_a_scanner_is_of_what_the_image_pins(tmp_path: Path) -> None:
    program = tmp_path / "tools/bin/cyclonedx-py"
    program.parent.mkdir(parents=True)
    program.write_text(LISTING)
    program.chmod(0o755)
    (installed,) = re.findall(r'^ARG PINS="(.+)"$', (ROOT / "deploy/Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert list_packages(tmp_path, tmp_path / "tools") == f"build/sbom.json lists what {installed} pins\n"
    assert (tmp_path / "listed").read_text().split() == [
        *("requirements", "--pyproject", "pyproject.toml", "--output-reproducible"),
        *("--output-file", "build/sbom.json", installed),
    ]
    assert re.search("^cyclonedx-bom==", (ROOT / "requirements-tools.txt").read_text("utf-8"), re.MULTILINE)


@pytest.mark.skipif(not (ROOT / ".tools/bin/cyclonedx-py").exists(), reason="needs `.tools`, which make installs")
def test_the_list_for_a_scanner_is_cyclonedx_and_names_each_pin(tmp_path: Path) -> None:
    list_packages(tmp_path, ROOT / ".tools")
    listed = json.loads((tmp_path / "build/sbom.json").read_text("utf-8"))
    assert (listed["bomFormat"], listed["metadata"]["component"]["name"]) == ("CycloneDX", "devin-bridge")
    pins = re.findall(r"^([\w.-]+)==([^ ;]+)", (ROOT / "requirements-replicas.txt").read_text("utf-8"), re.MULTILINE)
    assert sorted((one["name"], one["version"]) for one in listed["components"]) == sorted(pins)
    assert all(one["externalReferences"][0]["hashes"] for one in listed["components"])
