# The commands of Muster. `make demo` and `make test` need Python 3.11 or newer and make, nothing else.
PYTHON3 ?= python3
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input --quiet
CHECKED := config rostering analytics jobs tests benchmarks manage.py
WORKERS ?= 3
CASES ?= 4

.PHONY: demo test check audit chaos bench screenshots clean help

help:
	@echo "make demo    run Muster with two demo organizations on http://127.0.0.1:8000/ (PORT=... for another port)"
	@echo "make test    every check and every test, on PostgreSQL and Valkey of their own"
	@echo "make check   the static checks only: ruff, mypy, import-linter"
	@echo "make audit   known holes in the dependencies (pip-audit, needs the internet) and in our code (bandit)"
	@echo "make chaos   break running installations on purpose; CASES=4 at once, the table goes into docs/jobs.md"
	@echo "make bench   the public rostering benchmarks: make bench INSTANCES='Instance1.txt Instance3.txt' SECONDS=60"
	@echo "             with COMPARE=1 beside CP-SAT, HiGHS and CBC, into benchmarks/RESULTS.md"
	@echo "make screenshots  take the pictures in docs/images from a running demo"
	@echo "make clean   remove the virtual environment and every cache; the data under var/ stays"

demo: $(VENV)/.loops
	@$(PYTHON) -m config.demo

test: check $(VENV)/.loops
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup

check: $(VENV)/.development
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(VENV)/bin/lint-imports
	@DATABASE_URL=postgres://nobody@localhost/nothing REDIS_URL=redis://localhost SECRET_KEY=types-only \
		$(PYTHON) -m mypy $(CHECKED)

# In an environment of its own, so that the auditor's packages cannot change the versions that are audited.
audit: $(VENV)/.audit
	@$(VENV)/audit/bin/bandit --quiet --recursive -lll $(filter-out tests benchmarks,$(CHECKED))
	@$(VENV)/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

# CASES installations are broken at once; most of a case is waiting.
chaos: $(VENV)/.development $(VENV)/.loops
	@$(PYTHON) -m pytest -p tests.chaos.table -m chaos -n $(CASES) tests/chaos

bench: $(VENV)/.loops $(if $(COMPARE),$(VENV)/.bench)
	@test -n "$(INSTANCES)" || { echo "Name instance files: make bench INSTANCES='Instance1.txt Instance3.txt' SECONDS=60"; exit 1; }
ifdef COMPARE
	@$(PYTHON) -m benchmarks.compare $(INSTANCES) $(if $(SECONDS),--seconds $(SECONDS))
else
	@for instance in $(INSTANCES); do \
		$(PYTHON) -m benchmarks.curtois "$$instance" $(if $(SECONDS),--seconds $(SECONDS)) || exit 1; \
	done
endif

screenshots: $(VENV)/.development
	@$(PYTHON) docs/screenshots.py http://127.0.0.1:$(or $(PORT),8000)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(PYTHON):
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Muster needs Python 3.11 or newer; name one with PYTHON3, for example make PYTHON3=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON3) -c 'import ensurepip, venv' || \
		{ echo "This Python cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	@$(PYTHON3) -m venv --clear $(VENV)

$(VENV)/.runtime: requirements.txt constraints.txt | $(PYTHON)
	@echo "Installing packages into $(VENV) (the first time takes a minute or two) ..."
	@$(PIP) install -r requirements.txt -c constraints.txt
	@touch $@

# The solver's compiled loops; without this the first solve would compile them beside its first roster.
$(VENV)/.loops: $(wildcard rostering/solver/*.py) $(VENV)/.runtime
	@echo "Compiling the solver's loops (the first time takes a minute) ..."
	@$(PYTHON) -m rostering.solver.warm
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing the development packages into $(VENV) ..."
	@$(PIP) install -r requirements-dev.txt -c constraints.txt
	@touch $@

$(VENV)/.audit: requirements-audit.txt | $(PYTHON)
	@echo "Installing the auditors into $(VENV)/audit ..."
	@$(PYTHON) -m venv --clear $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip --disable-pip-version-check --no-input --quiet install -r requirements-audit.txt
	@touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.runtime
	@echo "Installing the solvers to compare with into $(VENV) ..."
	@$(PIP) install -r requirements-bench.txt -c constraints.txt
	@touch $@
