# `make` lists what can be made. Each target brings .venv up to date first.

PYTHON := .venv/bin/python
# Stamps inside .venv: installed since pyproject.toml last changed.
DEMO := .venv/.installed-demo
DEV := .venv/.installed-dev

PIP := $(PYTHON) -m pip --disable-pip-version-check
EXTRAS := demo,kubernetes,mysql,postgresql

# Further arguments for what a target runs: make test ARGS="-k spawner -x"
ARGS ?=
# Test processes side by side; each module stays in one of them. WORKERS=0 for one after another.
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)

# Only from the command line: a PORT in the environment is somebody else's.
ifeq ($(origin PORT),command line)
export HUB_IMAGES_DEMO_PORT := $(PORT)
endif

define NOT_INSTALLED
echo 'pip could not install it; its lines above say why. It needs a network.' >&2; exit 1
endef

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint test-matrix bench docs-shots dist clean usable-venv

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(DEMO) ## run a hub with sample images on this machine (PORT=8001 for another port)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" exec $(PYTHON) -m jupyterhub -f jupyterhub_config.py $(ARGS)

test: $(DEV) ## run the tests (ARGS="-k spawner" for some of them)
	$(PYTHON) -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadscope $(ARGS)

lint: $(DEV) ## check style, formatting, spelling, types and known vulnerabilities
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m codespell_lib . .ci/*
	$(PYTHON) -m mypy
	$(PYTHON) .ci/audit.py

test-matrix: $(DEV) ## run what touches the hub against each supported JupyterHub
	$(PYTHON) -m nox $(ARGS)

bench: $(DEV) ## measure, and write docs/performance.md
	$(PYTHON) -m tests.bench $(ARGS)

docs-shots: $(DEV) ## take the pictures in docs/ again
	$(PYTHON) docs/make_pictures.py
	HUB_IMAGES_PICTURES=docs/pictures $(PYTHON) -m pytest -q tests/kube/test_pull_failures.py -k waiting_page

dist: $(DEV) ## build wheel and sdist into dist/, with an SBOM of the wheel
	rm -rf dist
	$(PYTHON) -m build --outdir dist
	$(PYTHON) .ci/sbom.py dist/*.whl

clean: ## remove what these targets made: .venv, the demo's data, caches, builds
	rm -rf .venv .demo .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Names that exist are not enough: a version manager's shim may stand for nothing, and
# Debian's Python may lack venv, so each is tried.
.venv/pyvenv.cfg:
	@for name in python3.14 python3.13 python3.12 python3.11 python3; do \
		check='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; \
		if "$$name" -c "$$check" >/dev/null 2>&1; then \
			echo "Making .venv with $$("$$name" --version)"; \
			exec "$$name" -m venv .venv; \
		fi; \
	done; \
	echo 'hub-images needs Python 3.11 or later with its venv module, and none was found.' >&2; \
	echo 'On Debian and Ubuntu: apt-get install python3-venv' >&2; \
	exit 1

# What was moved, or made by another program or a Python that is gone, fails with a riddle later.
usable-venv: .venv/pyvenv.cfg
	@.venv/bin/pip --version >/dev/null 2>&1 \
		&& $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo '.venv cannot be used: it was moved, or it has no pip, or its Python is gone or older' >&2; \
			echo 'than 3.11. Remove it with `make clean`, which removes the data of the demo as well,' >&2; \
			echo 'or with `rm -r .venv`, and try again.' >&2; \
			exit 1; }

$(DEMO): pyproject.toml .venv/pyvenv.cfg | usable-venv
	@echo 'Installing what the demo needs into .venv: about a minute, and 300 lines of pip.'
	@$(PIP) install -e '.[demo]' || { $(NOT_INSTALLED); }
	@touch $@

# What developers need holds what the demo needs. A new .venv may hold a pip that knows no groups.
$(DEV): pyproject.toml .venv/pyvenv.cfg | usable-venv
	@echo 'Installing what the tests need into .venv: a minute or two, in silence.'
	@$(PIP) install --quiet 'pip>=25.1' || { $(NOT_INSTALLED); }
	@$(PIP) install --quiet -e '.[$(EXTRAS)]' --group dev || { $(NOT_INSTALLED); }
	@touch $(DEMO) $@
