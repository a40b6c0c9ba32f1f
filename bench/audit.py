"""Whether a vulnerability is known of a pinned package: `make audit` runs this with pip-audit.

pip-audit asks PyPI about each package. Where PyPI itself cannot be reached it fails, or behind a mirror it skips every
package and then reports that no vulnerability is known. So what was not audited is counted here, and named.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ONE_ANSWER: Final = 15  # seconds
ALL_ANSWERS: Final = 300
NOT_AUDITED: Final = (
    "Not audited: {count} of {all} pinned packages, because PyPI's data about vulnerabilities cannot be reached "
    "from here. Run `make audit` where PyPI itself can be reached."
)


@dataclass(frozen=True)
class Audit:
    """What came of an audit: a sentence for each vulnerability, and how many packages were asked about and answered."""

    found: tuple[str, ...]
    audited: int
    packages: int

    def lines(self) -> list[str]:
        """What is printed."""
        skipped = self.packages - self.audited
        lines = list(self.found)
        if self.audited and not self.found:
            lines.append(f"No vulnerability is known of {self.audited} pinned packages.")
        return [*lines, NOT_AUDITED.format(count=skipped, all=self.packages)] if skipped else lines

    def exit_code(self, *, strict: bool) -> int:
        """1 for a vulnerability; if `strict`, also for a package that was not audited."""
        return 1 if self.found or (strict and self.audited < self.packages) else 0


def audit(pip_audit: str, pins: Sequence[Path], seconds: float = ALL_ANSWERS) -> Audit:
    """Ask `pip_audit` about all packages in `pins`, for so many `seconds`."""
    packages = {line.split("==")[0] for path in pins for line in path.read_text("utf-8").splitlines() if "==" in line}
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        # Nothing is installed for it: the pins are complete, and have hashes.
        options = ["--disable-pip", "--require-hashes", "--progress-spinner=off", f"--timeout={ONE_ANSWER}"]
        command = [pip_audit, *options, "--format=json", f"--output={answer}", *(f"-r{path}" for path in pins)]
        try:
            subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return Audit((), 0, len(packages))
        found = json.loads(answer.read_text("utf-8"))["dependencies"] if answer.exists() else []
    audited = [package for package in found if "skip_reason" not in package]
    return Audit(tuple(_vulnerabilities(audited)), len({package["name"] for package in audited}), len(packages))


def _vulnerabilities(audited: Sequence[dict[str, Any]]) -> list[str]:
    found: dict[str, None] = {}  # in their order, each once
    for package in audited:
        for vulnerability in package["vulns"]:
            versions = vulnerability["fix_versions"]
            fixed = f"fixed in {', '.join(versions)}" if versions else "not fixed yet"
            found[f"{package['name']} {package['version']}: {vulnerability['id']}, {fixed}."] = None
    return list(found)


def main(pip_audit: str, *pins: str) -> int:
    """Audit `pins`, print what came of it, and return the exit code; in the check of a change all must be audited."""
    done = audit(pip_audit, [Path(path) for path in pins])
    print("\n".join(done.lines()))
    return done.exit_code(strict=os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
