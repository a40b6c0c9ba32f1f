"""What a first `make` says while it sets up, with a Python that only pretends to install."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = """\
#!/bin/sh
case "$*" in
  "-m venv --clear .venv") mkdir -p .venv/bin && cp python .venv/bin/python ;;
  "-m venv --clear .venv-run") mkdir -p .venv-run/bin && cp python .venv-run/bin/python ;;
  "-m pip install"*"-r requirements.txt") echo "Collecting aiohttp==3.14.5 (from -r requirements.txt (line 7))" ;;
  "-m pip install"*)
    echo "Collecting aiohttp==3.14.5 (from -r requirements-dev.txt (line 7))"
    echo "  Downloading aiohttp-3.14.5-cp313-cp313-linux_x86_64.whl (1.7 MB)"
    test -e no-network && { echo "ERROR: No matching distribution found for alembic" >&2; exit 1; }
    echo "Collecting alembic==1.20.1 (from -r requirements-dev.txt (line 90))"
    echo "Installing collected packages: aiohttp, alembic"
    echo "Successfully installed aiohttp-3.14.5 alembic-1.20.1" ;;
  "-m bot playground"*) echo "Open the page." ;;
  "-m bot doctor --env-file .env") echo "All is well." ;;
esac
"""
STEPS = [
    "1 of 2: making the virtual environment .venv",
    "2 of 2: installing the pinned packages into it, about a minute",
    "  aiohttp==3.14.5",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def make(folder: Path, target: str = "playground") -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", target, "PYTHON=./python"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_the_first_time_each_step_is_said_and_each_package_named(folder: Path) -> None:
    done = make(folder)
    assert done.stdout.splitlines() == [*STEPS, "  alembic==1.20.1", "  …", "Starting the playground", "Open the page."]
    assert (done.returncode, done.stderr) == (0, "")


def test_the_next_time_nothing_is_set_up(folder: Path) -> None:
    make(folder)
    assert make(folder).stdout.splitlines() == ["Starting the playground", "Open the page."]


def test_packages_that_cannot_be_had_end_it_with_the_error_and_it_begins_anew(folder: Path) -> None:
    (folder / "no-network").touch()
    failed = make(folder)
    assert (failed.stdout.splitlines(), failed.returncode) == (STEPS, 2)
    assert "ERROR: No matching distribution found for alembic" in failed.stderr
    (folder / "no-network").unlink()
    assert make(folder).stdout.splitlines()[-1] == "Open the page."


def test_what_only_runs_the_bot_installs_what_running_needs_beside_what_the_tests_need(folder: Path) -> None:
    make(folder)
    for steps in ([STEPS[0].replace(".venv", ".venv-run"), *STEPS[1:]], []):
        done = make(folder, "doctor")
        command = ".venv-run/bin/python -m bot doctor --env-file .env"
        assert (done.stdout.splitlines(), done.returncode) == ([*steps, command, "All is well."], 0)
    assert make(folder).stdout.splitlines() == ["Starting the playground", "Open the page."], "which stays as it was"
