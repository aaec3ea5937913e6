# Every target that needs the environment sets it up first; it is made anew only when the lock file or pyproject.toml changes.
PYTHON ?= python3
# Many tests wait: for a limit to lift, for an answer that never comes. Each process more has all of them to collect.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1) + 1)')
BIN := .venv/bin
SEED ?= 1
URL ?=
PAGE ?=
ACCEPT ?=
BASE ?=
DRY ?=
KEPT ?= nightly
ARGS ?=
N ?= 1000000

.DEFAULT_GOAL := help
.PHONY: help setup conformance nightly have-nights keep-night test lint lint-rules mypy pyright format generate check-generated build prove compare contract bench soak docs drift spec-diff release-check release lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## Make the environment in .venv from the lock file

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

conformance: setup ## Judge the embedded mock, or URL=…, and print the verdict
	@$(BIN)/pytest conformance --seed $(SEED) $(if $(URL),--url "$(URL)") $(ARGS)

nightly: setup ## Judge URL=… as each night: quick, then full, then what is new since the night before in KEPT=folder
	@SUITE=$(BIN)/mesh-export-conformance URL="$(URL)" .github/nightly.sh

have-nights: ## Have what past nights came to from the branch nightly, in KEPT=folder
	@.github/have-nights.sh "$(KEPT)"

keep-night: ## Put what past nights came to, in KEPT=folder, on the branch nightly
	@.github/keep-night.sh "$(KEPT)"

test: setup check-generated ## Run the project's own tests
	@{ command -v chromium || command -v google-chrome; } >/dev/null && command -v chromedriver >/dev/null \
		|| echo "The tests that open the report in a browser are left out: there is no chromium with its chromedriver."
	@# They start the suite in many processes: without kept bytecode each would compile it anew.
	@# Dealt out as they end: with worksteal the last long ones would wait behind one another in one process.
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest tests -n $(WORKERS) --dist load $(ARGS)

lint: lint-rules mypy pyright ## Check the spec, the workflows, the code and the types

lint-rules: setup
	$(BIN)/openapi-spec-validator openapi/mesh-export.yaml
	$(BIN)/yamllint --strict --config-file .github/yamllint.yaml openapi .github
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mypy pyright: setup
	$(BIN)/$@

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: setup ## Make generated/ from the spec
	@$(BIN)/python scripts/generate.py

check-generated: setup ## Fail with a diff when generated/ is not what the spec gives
	@$(BIN)/python scripts/generate.py --check

build: setup ## Build the wheels of the client and the suite into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist generated
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

contract: setup ## Compare the client, installed from its wheel, with what the mock, or URL=…, sends
	@$(BIN)/python -m scripts.contract --url "$(URL)"

bench: setup ## Measure the client against a plain one, and a run of the suite, on the embedded mock
	@$(BIN)/pytest benchmarks -q --benchmark-disable-gc --benchmark-columns=median,rounds,iqr $(ARGS)

soak: setup ## Send N made-up requests to the mock: no server error, and flat memory
	@$(BIN)/python -m scripts.soak --requests $(N) --seed $(SEED)

docs: setup ## Build the client's reference into dist/docs/
	@PYTHONPATH=generated $(BIN)/pdoc --docformat google --output-directory dist/docs mesh_export_client

prove: setup ## Judge every fault and reading of the mock by the whole quick profile (two hours on two cores)
	@$(BIN)/python -m scripts.prove $(ARGS)

compare: setup ## Judge faults and readings of the mock by this suite and by schemathesis alone
	@$(BIN)/python -m scripts.compare $(ARGS)

drift: setup ## Say where the saved page PAGE=file, the spec and the ledger have parted; ACCEPT=1 renews the digests
	@$(BIN)/python -m scripts.drift "$(PAGE)" $(if $(ACCEPT),--accept)

spec-diff: setup ## Say what changed since BASE=ref, whom it breaks, and which version comes next
	@$(BIN)/python -m scripts.spec_diff "$(BASE)"

release-check: setup ## Say whether this checkout may be released, compared with BASE=ref or the last release
	@$(BIN)/python -m scripts.release_check --base "$(BASE)" $(ARGS)

release: setup ## Check and build a release in dist/release/ and tag it; with DRY=1 stop before the tag
	@$(BIN)/python -m scripts.release $(if $(DRY),--dry) $(ARGS)

lock: setup ## Renew requirements.lock within the bounds of pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --upgrade --quiet pyproject.toml --group dev --output-file requirements.lock

clean: ## Remove the environment and everything built
	rm -rf .venv build dist reports
