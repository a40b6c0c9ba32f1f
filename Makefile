# Every target sets up what it needs on a machine that has python3 (3.11 or newer), make and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What running needs is a fifth of what the tests need.
RUN := .venv-run
RUN_READY := $(RUN)/.ready
TOOLS := .tools
# Tests wait more than they work: more than the cores of a small machine, so that it is never idle.
WORKERS ?= 4

CODE := $(wildcard bot handlers tests bench)
COMPILE := $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help playground test test-edges test-long steps coverage lint format run doctor bench house browser screenshots requirements audit sbom licenses commands clean

help:
	@echo "make playground    run the bot against a simulated Slack and Devin; no account needed"
	@echo "make test          lint, types, import contracts, tests"
	@echo "make test-edges    rare cases: faults, limits, crowds, rare crashes; changes are checked with it too"
	@echo "make test-long     also a kill at each step of each story, and a random tenth over other transports and stores;"
	@echo "                   SEED=… picks the same tenth again. Run it before a release"
	@echo "make steps         write tests/crash/steps.txt, the steps of the kill tests: review what it changes"
	@echo "make coverage      run the tests, count the branches of the bot that they take, and print the figure"
	@echo "make run           run the bot with the settings in .env"
	@echo "make doctor        check the settings in .env: tokens, scopes, permissions, store"
	@echo "make bench         measure how soon Slack gets its ack, next to bare Bolt apps (a quarter of an hour)"
	@echo "make house         count the lines, and the files that a command, event, notice, and table need"
	@echo "make screenshots   take the pictures for README and docs from the running page"
	@echo "make browser       get what the page's tests need; BROWSER=install installs Debian's packages, as root"
	@echo "make lint          only lint, types, import contracts"
	@echo "make format        format the code"
	@echo "make requirements  pin again after a change in pyproject.toml (UPGRADE=--upgrade: the newest of everything)"
	@echo "make audit         ask PyPI for known vulnerabilities of the pinned packages"
	@echo "make sbom          write build/sbom.json, the image's packages, as CycloneDX (PINS=requirements.txt: another set)"
	@echo "make licenses      write docs/licenses.md, the licenses of what is shipped"
	@echo "make commands      write docs/commands.md, all commands, from their table"
	@echo "make clean         remove what these targets made"

# Made anew when the pins change, so that nothing stays behind from before. Says what it does, because it takes a while.
$(READY): requirements-dev.txt
$(RUN_READY): requirements.txt
$(READY) $(RUN_READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.13 …")'
	@echo "1 of 2: making the virtual environment $(@D)"
	@$(PYTHON) -m venv --clear $(@D)
	@echo "2 of 2: installing the pinned packages into it, about a minute"
	@{ $(@D)/bin/python -m pip install --progress-bar off --disable-pip-version-check --require-hashes \
		-r $<; echo "exit $$?"; } | awk '/^Collecting/ { print "  " $$2; fflush() } \
		/^Installing/ { print "  …"; fflush() } /^exit/ { failed = $$2 } END { exit failed }'
	@touch $@

# `make playground -- --speed 4`: what follows is for the playground, though make takes it for targets and variables.
ifeq (playground,$(firstword $(MAKECMDGOALS)))
FOLLOWING := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
$(FOLLOWING): ; @:
# `PORT=8750` behind the target is the page's port. The PORT of the environment is the bot's.
ARGS ?= $(FOLLOWING) $(filter --%,$(MAKEOVERRIDES)) $(if $(filter command,$(origin PORT)),--port $(PORT))
endif

playground: $(READY)
	@echo "Starting the playground"
	@$(BIN)/python -m bot playground $(ARGS)

run: $(RUN_READY)
	$(RUN)/bin/python -m bot run --env-file .env

doctor: $(RUN_READY)
	$(RUN)/bin/python -m bot doctor --env-file .env

bench: $(READY)
	$(BIN)/python -m bench.ack

house: $(READY)
	@$(BIN)/python -m bench.house

lint: $(READY)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tests start hundreds of processes, which need not compile the bot each time.
test test-edges test-long steps coverage: export PYTHONDONTWRITEBYTECODE =

test: lint browser
	@WORKERS=$(WORKERS) .ci/tests

test-edges: $(READY) browser
	@WORKERS=$(WORKERS) .ci/tests -m "edge and not long"

test-long: lint browser
	@WORKERS=$(WORKERS) .ci/tests -m "" $(if $(SEED),--sample-seed $(SEED))

steps: $(READY)
	$(BIN)/pytest tests/crash -m "not long" -k each-step --record-steps -n $(WORKERS) --dist worksteal

# By itself, because counting doubles the work of the processor.
coverage: $(READY) browser
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not long" -n $(WORKERS) --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# It never fails: a test that misses something says how to get it. As root it installs nothing that was not asked for.
browser:
	@.ci/browser

screenshots: $(READY) browser
	$(BIN)/python -m bench.screenshots

format: $(READY)
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

# What pins, audits and lists is no part of what is tested, and itself pinned by hashes.
$(TOOLS)/.ready: requirements-tools.txt
	@echo "Installing uv, pip-audit and cyclonedx-bom into $(TOOLS), by their hashes"
	@$(PYTHON) -m venv --clear $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@touch $@

# The wide set is solved first and binds the others: what runs is what was tested.
requirements: $(TOOLS)/.ready
	$(COMPILE) pyproject.toml --extra replicas --extra charts --extra tracing --group dev -o requirements-dev.txt
	$(COMPILE) pyproject.toml -c requirements-dev.txt -o requirements.txt
	$(COMPILE) pyproject.toml --extra charts -c requirements-dev.txt -o requirements-charts.txt
	$(COMPILE) pyproject.toml --extra replicas -c requirements-dev.txt -o requirements-replicas.txt
	$(COMPILE) pyproject.toml --extra tracing -c requirements-dev.txt -o requirements-tracing.txt
	$(COMPILE) --group tools -c requirements-dev.txt -o requirements-tools.txt

audit: $(TOOLS)/.ready
	@$(TOOLS)/bin/python -m bench.audit $(TOOLS)/bin/pip-audit requirements-dev.txt requirements-tools.txt

# The pins of the image, as in deploy/Dockerfile.
PINS ?= requirements-replicas.txt

sbom: $(TOOLS)/.ready
	@mkdir -p build
	@PYTHONWARNINGS=ignore $(TOOLS)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file build/sbom.json $(PINS)
	@echo "build/sbom.json lists what $(PINS) pins"

licenses: $(READY)
	$(BIN)/python -m bench.licenses

commands: $(READY)
	$(BIN)/python -m bench.commands

clean:
	rm -rf $(VENV) $(RUN) $(TOOLS) .browser .rules build dist *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
