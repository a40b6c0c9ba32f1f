"""The licences of what is shipped: `python -m bench.licenses` writes `docs/licenses.md`.

Shipped is what `requirements.txt` pins, which is all that a platform installs beside the bot's own code. Each package
says itself under which licence it stands; nothing is fetched for this page.
"""

import re
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs/licenses.md"
# The names that packages give to their address, the best first.
HOME: Final = ("homepage", "home", "source", "sourcecode", "repository", "github", "documentation")
LONGEST_NAME: Final = 60  # some packages hold the whole text of their licence where its name belongs
HEAD: Final = """\
# Licenses of what is shipped

The bot's own code has the [MIT license](../LICENSE). It runs with the packages that `requirements.txt` pins. Each has
its own license, as the package names it. Nothing from these packages is copied into this repository. Packages that only
the tests need are in `requirements-dev.txt`. `make licenses` writes this page, and a test fails if it's out of date.

| package | version | license | home page |
| --- | --- | --- | --- |
"""


def pinned() -> list[str]:
    """The names of the packages that `requirements.txt` pins."""
    return re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)


def licence_of(package: PackageMetadata) -> str:
    """The licence that `package` names: as an expression, as a name, or as classifiers."""
    named = [package[field] for field in ("License-Expression", "License") if field in package]
    short = [name for name in named if name and "\n" not in name and len(name) <= LONGEST_NAME]
    known = [line.split(" :: ")[-1] for line in package.get_all("Classifier") or () if line.startswith("License ::")]
    return short[0] if short else ", ".join(known)


def home_of(package: PackageMetadata) -> str:
    """The address of `package` itself, never that of a registry."""
    addresses = {label: address for label, address in _labelled(package) if "://pypi." not in address}
    return next((addresses[label] for label in HOME if label in addresses), "")


def _labelled(package: PackageMetadata) -> Iterator[tuple[str, str]]:
    for line in package.get_all("Project-URL") or ():
        label, _, address = line.partition(", ")
        yield re.sub(r"[^a-z]", "", label.lower()), address
    if "Home-page" in package:
        yield "homepage", package["Home-page"]


def page() -> str:
    """The whole page, made from what is installed."""
    return HEAD + "".join(f"| {' | '.join(_row(metadata(name)))} |\n" for name in pinned())


def _row(package: PackageMetadata) -> tuple[str, ...]:
    return package["Name"], package["Version"], licence_of(package), home_of(package)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
