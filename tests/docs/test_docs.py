"""The papers say what the code does: settings, scopes, commands to type, pins, and where each library lives."""

import ast
import re
import sys
import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from bot.config import Settings
from bot.manifest import read_manifest, scopes_of
from bot.playground.options import Options

ROOT = Path(__file__).parent.parent.parent
PAPERS = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
PINS = (
    "requirements.txt",
    "requirements-charts.txt",
    "requirements-replicas.txt",
    "requirements-tracing.txt",
    "requirements-dev.txt",
    "requirements-tools.txt",
)

# Where each outside library may be imported. A new one needs a line here, and one home if it can be.
HOMES = {
    "ahocorasick_rs": ("bot/domain/redaction.py",),
    "aiohttp": ("bot/slack", "bot/app.py", "bot/playground"),
    "alembic": ("bot/store",),
    "asyncpg": ("bot/engine",),
    "httpx": ("bot/devin", "bot/connect.py", "bot/doctor", "bot/playground"),
    "jinja2": ("bot/playground",),
    "markdown_it": ("bot/views",),
    "matplotlib": ("bot/views/chart_pictures.py",),
    "multidict": ("bot/playground",),
    "opentelemetry": ("bot/tracing/otlp.py",),
    "pgqueuer": ("bot/engine",),
    "prometheus_client": ("bot/metrics.py",),
    "pydantic": ("bot/config.py", "bot/devin", "bot/server", "bot/store", "bot/features/*/*rows.py"),
    "pydantic_core": ("bot/config.py",),
    "pydantic_settings": ("bot/config.py",),
    "requests": ("bot/tracing/otlp.py",),
    "slack_bolt": ("handlers", "bot/app.py", "bot/server"),
    "slack_sdk": ("bot/slack", "handlers/bolt_app.py", "bot/playground"),
    "sqlalchemy": ("bot/store", "bot/features/*/*rows.py", "bot/features/*/tables.py"),
    "aiosqlite": ("bot/store",),
    "stamina": ("bot/devin", "bot/slack"),
    "starlette": ("bot/server", "bot/playground"),
    "structlog": ("bot/logs.py",),
    "uvicorn": ("bot/server", "bot/playground"),
    "uvloop": ("bot/__main__.py",),
    "yaml": ("bot/manifest.py", "bot/playground"),
    "yarl": ("bot/slack", "bot/playground"),
}
# Parts of another library that are imported by name.
BROUGHT_BY = {
    "multidict": "aiohttp",
    "pydantic": "pydantic-settings",
    "pydantic_core": "pydantic-settings",
    "requests": "opentelemetry-exporter-otlp-proto-http",
    "yarl": "aiohttp",
}
# Named in no import: another library loads them.
LOADED_BY = {
    "asyncpg": "SQLAlchemy, for postgresql+asyncpg",
    "httptools": "uvicorn, to read HTTP",
    "sniffio": "httpcore, to learn which loop it runs on",
    "tzdata": "zoneinfo, where the system has no zones",
}
# Charts come without the first, as text; one process works without PgQueuer, and without the others no spans are made.
OF_AN_EXTRA = {"matplotlib", "opentelemetry", "pgqueuer", "requests"}
IMPORT_NAMES = {
    "markdown-it-py": "markdown_it",
    **dict.fromkeys(
        ("opentelemetry-api", "opentelemetry-exporter-otlp-proto-http", "opentelemetry-sdk"), "opentelemetry"
    ),
    "pyyaml": "yaml",
}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def sources():
    return sorted(path for folder in ("bot", "handlers") for path in (ROOT / folder).rglob("*.py"))


def imported(path):
    """The first names of everything a file imports, wherever in it the import stands."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@cache
def outside(path):
    return {name for name in imported(path) if name not in sys.stdlib_module_names | {"bot", "handlers"}}


def declared():
    """The import names of the runtime dependencies, extras included."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = [re.match(r"[\w-]+", line).group().lower() for line in wanted]
    return {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in names}


# ---------------------------------------------------------------- settings


def test_every_setting_has_a_row_in_the_page_of_settings():
    rows = "\n".join(line for line in read("docs/settings.md").splitlines() if line.startswith("|"))
    assert [name for name in Settings.names() if f"`{name}`" not in rows] == []


@pytest.mark.parametrize("paper", [*PAPERS, ".env.example"])
def test_no_paper_names_a_setting_that_is_gone(paper):
    named = set(re.findall(r"\b(?:BOT|SLACK|DEVIN)_[A-Z_]+\b", read(paper)))
    in_files = {f"{name}_FILE" for name in Settings.secret_names()}
    assert named - set(Settings.names()) - in_files == set()


def test_the_example_file_has_every_setting_once_and_gives_none_a_value():
    lines = [line for line in read(".env.example").splitlines() if line and not line.startswith("#")]
    assert sorted(lines) == sorted(f"{name}=" for name in Settings.names())


@pytest.mark.parametrize("name", [field.name for field in fields(Options)])
def test_every_option_of_the_playground_has_a_row_in_its_page(name):
    rows = [line.split("|") for line in read("docs/playground.md").splitlines() if line.startswith("| `--")]
    option, setting = f"`--{name.replace('_', '-')}`", f"`PLAYGROUND_{name.upper()}`"
    assert [row[2].strip() for row in rows if option in row[1].replace(",", "").split()] == [setting]


@pytest.mark.parametrize("paper", PAPERS)
def test_no_paper_names_a_setting_of_the_playground_that_is_gone(paper):
    named = set(re.findall(r"\bPLAYGROUND_([A-Z_]+)\b", read(paper)))
    assert named - {field.name.upper() for field in fields(Options)} == set()


@pytest.mark.parametrize("paper", PAPERS)
def test_a_merge_left_no_marks_in_a_paper(paper):
    assert re.findall(r"^(?:<<<<<<<|>>>>>>>|=======$).*", read(paper), re.MULTILINE) == []


# ---------------------------------------------------------------- the README


def test_the_readme_is_short():
    assert len(read("README.md").split()) <= 1_300


def test_the_second_line_of_the_readme_says_why_this_and_not_devins_own_app():
    _, first, second = [line for line in read("README.md").splitlines() if line][:3]
    assert "Devin's own Slack app" in second
    assert "Devin" in first


def test_the_readme_says_once_what_an_acu_is_and_where_it_first_names_it():
    named = [found.start() for found in re.finditer("ACU", read("README.md"))]
    assert [found.start() for found in re.finditer(r"ACUs? \(agent compute units?: ", read("README.md"))] == named[:1]


@pytest.mark.parametrize("paper", PAPERS)
def test_every_link_in_a_paper_leads_to_a_page_and_a_section_that_there_are(paper):
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`]*`", "", read(paper), flags=re.DOTALL))
    inside = [link.partition("#") for link in links if "://" not in link]
    pages = [((ROOT / paper).parent / page if page else ROOT / paper, anchor) for page, _, anchor in inside]
    assert [str(page) for page, anchor in pages if not page.exists() or (anchor and anchor not in anchors(page))] == []


def anchors(page):
    """The anchors that a page's headings have on a forge."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


# ---------------------------------------------------------------- rooms


def test_a_file_that_contributing_names_is_the_only_one_that_can_be_meant():
    named = set(re.findall(r"`([\w/]+\.py)`", read("CONTRIBUTING.md"))) - {"__init__.py"}  # "there"
    code = [
        path.relative_to(ROOT).as_posix()
        for folder in ("bot", "handlers", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]
    meant = {
        name: [path for path in code if path in {name, f"bot/{name}"} or path.endswith(f"/{name}")] for name in named
    }
    assert {name: paths for name, paths in meant.items() if len(paths) != 1} == {}


# ---------------------------------------------------------------- scopes, commands to type


def test_every_scope_has_its_reason_in_the_page_of_permissions_and_no_other_is_listed():
    listed = set(re.findall(r"^\| `([a-z_.]+(?::[a-z.]+)?)` \|", read("docs/permissions.md"), re.MULTILINE))
    scopes = scopes_of(read_manifest())
    assert scopes - listed == set()
    assert {name for name in listed if ":" in name} - scopes == set()


@pytest.mark.parametrize("paper", [*PAPERS, ".env.example", "Makefile"])
def test_every_make_target_that_a_paper_names_exists(paper):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|\"|^\$ |^)make ([a-z-]+)(?=`|\"| *#|  |$)", read(paper), re.MULTILINE))
    assert named - targets == set()


def test_every_make_target_is_phony_and_explained():
    makefile = read("Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE).group(1).split())
    explained = set(re.findall(r"@echo \"make ([a-z-]+)", makefile))
    assert targets == phony == explained | {"help"}


def test_the_check_for_a_change_is_make_test():
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    assert read(".ci/run").splitlines()[-1] == "exec make test"


def test_a_platform_brings_up_the_schema_before_the_bot():
    assert read("Procfile") == "release: python -m bot migrate\nweb: BOT_HOST=${BOT_HOST:-0.0.0.0} python -m bot run\n"


def test_the_readme_and_its_pages_show_the_pictures_that_are_made():
    shows = re.compile(r"!\[[^]]*\]\((?:docs/)?([\w-]+\.(?:png|gif|svg))\)")
    shown = {name for paper in PAPERS for name in shows.findall(read(paper))}
    pictures = [path for path in (ROOT / "docs").iterdir() if path.suffix in {".png", ".gif", ".svg"}]
    assert shown == {path.name for path in pictures}
    assert [path.name for path in pictures if path.stat().st_size > 400_000] == []


# ---------------------------------------------------------------- dependencies


@pytest.mark.parametrize("name", PINS)
def test_every_pin_has_hashes(name):
    pins = re.split(r"\n(?=[a-z])", read(name))[1:]
    assert len(pins) > 20
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("name", PINS)
def test_no_pin_names_a_registry_or_a_path(name):
    assert re.findall(r"^.*(?:index-url|find-links|trusted-host|://|file:|\.whl| /).*$", read(name), re.MULTILINE) == []


def test_what_runs_is_what_was_tested():
    def versions(paper):
        return set(re.findall(r"^[\w-]+==[^ ]+", read(paper), re.MULTILINE))

    for extra in ("requirements-charts.txt", "requirements-replicas.txt", "requirements-tracing.txt"):
        assert versions("requirements.txt") < versions(extra) <= versions("requirements-dev.txt")


def test_what_a_platform_installs_has_all_that_the_bot_needs_on_both_stores():
    """Platforms install `requirements.txt` and nothing else, and many of them come with a PostgreSQL."""
    pinned = {
        IMPORT_NAMES.get(name, name.replace("-", "_"))
        for name in re.findall(r"^([\w-]+)==", read("requirements.txt"), re.MULTILINE)
    }
    used = {name for path in sources() for name in outside(path)} | set(LOADED_BY)
    assert used - pinned == OF_AN_EXTRA


def test_every_dependency_is_used():
    used = {name for path in sources() for name in outside(path)}
    assert declared() - used - set(LOADED_BY) == set()


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_outside_library_has_one_home(path):
    place = path.relative_to(ROOT)
    misplaced = {name for name in outside(path) if not any(_is_at(place, home) for home in HOMES.get(name, ()))}
    assert misplaced == set()


def _is_at(place: Path, home: str) -> bool:
    return place.is_relative_to(home) or place.match(home)


def test_every_table_row_is_about_a_dependency():
    assert set(HOMES) - declared() == set(BROUGHT_BY)
    assert set(LOADED_BY) <= declared()
