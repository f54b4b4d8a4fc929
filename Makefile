# Everything a newcomer needs: `make run` on a machine with Python 3.11 or later and nothing else.
# `make` alone lists the targets. Choose another Python with `make run PYTHON=python3.12`.

CANDIDATES := python3 python3.13 python3.12 python3.11 python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	$$p -c "$(NEW_ENOUGH)" >/dev/null 2>&1 && { echo $$p; break; }; done)
RECIPE ?= knots.yaml
LAWS ?= srbench --noise 0 0.01

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
CASE ?=
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Two workers with one thread each: small matrices gain nothing from more threads.
SUITE := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

.DEFAULT_GOAL := help
.PHONY: help run test check slow lint images bench bench-laws science clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' \
		| expand -t 16

run: $(VENV)/runtime ## set up, and find the law of the knots (or RECIPE=planets)
	$(BIN)/discover run $(RECIPE)

test: lint ## set up, style, types and every quick test
	$(SUITE)

check: test slow ## the same, and the scientific checks that take minutes

slow: $(VENV)/dev ## only the scientific checks that take minutes
	$(SUITE) -m slow

lint: $(VENV)/dev ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev $(PEERS)/ready ## discover beside its peers (or one CASE=step of it)
	$(BIN)/python benchmarks/engine.py $(CASE) --peers $(PEERS)/bin/python

images: $(VENV)/runtime ## run the planets and the knots, and draw the images of the README anew
	$(BIN)/discover run planets
	$(BIN)/discover run knots
	for image in planets/front knots/network knots/parity; do \
		sed 's/<svg /<svg style="background:#fdfdfe" /' "runs/$${image%/*}/figures/$${image#*/}.svg" \
			> "docs/images/$$(echo "$$image" | tr / -).svg"; \
	done

bench-laws: $(VENV)/dev ## which known laws are found again (LAWS="srsd --units", hours)
	$(BIN)/python benchmarks/laws.py $(LAWS)

science: $(VENV)/runtime $(PEERS)/ready ## every shipped example beside what is known of it
	$(BIN)/python benchmarks/science.py --peers $(PEERS)/bin/python

clean: ## remove the environment and all caches
	rm -rf $(VENV) $(PEERS) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "discover needs Python 3.11 or later, and none of \
	$(CANDIDATES) is. Install one, or name it: make run PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c "$(NEW_ENOUGH)" || { echo "discover needs Python 3.11 or later; $(PYTHON) is \
	$$($(PYTHON) --version 2>&1). Name another: make run PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made \
	(on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 2; }

# A stamp is written only after its installation has ended well, so an interrupted one is repeated.
$(VENV)/runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing discover into $(VENV) (once; some minutes) ..."
	@$(INSTALL) -e .
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing discover and its tools into $(VENV) (once; some minutes) ..."
	@$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/runtime

# All at once, or, where that fails, one by one: a peer that cannot be had is missing in the table.
$(PEERS)/ready: benchmarks/requirements.txt | $(BIN)/python
	@echo "Installing the peers into $(PEERS) (once; some minutes) ..."
	@$(BIN)/python -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $< || \
		grep -v '^#' $< | while read -r peer; do \
			$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "$$peer" \
				|| echo "$$peer could not be installed" >&2; \
		done
	@touch $@
