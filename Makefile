# Till's commands. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test build watch lint fmt looks screenshots bench storm

# For cargo-leptos, which would download the tools that it does not find in PATH.
CARGO_HOME ?= $(HOME)/.cargo
export PATH := $(CURDIR)/style/node_modules/.bin:$(CARGO_HOME)/bin:$(PATH)

help: ## list these commands
	@sed -n 's/^\([a-z]*\):[^#]*## /\1|/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name what; do printf 'make %-11s %s\n' "$$name" "$$what"; done

setup: ## install what building needs, unless it is installed
	@scripts/setup

run: setup ## build the shop and serve it with demo products on http://127.0.0.1:3000
	@scripts/build.mjs
	$${CARGO_TARGET_DIR:-target}/debug/till serve --demo

test: ## run every check and test; ends with "N passed, N failed"; PARTS="checks cargo" chooses
	@scripts/test $(PARTS)

build: setup ## build the release: target/release/till and target/site
	@scripts/build.mjs --release

watch: ## serve the shop, and rebuild it at every change; installs cargo-leptos
	@scripts/setup watch
	@scripts/check-env.mjs
	cargo leptos watch -- serve --demo

lint: ## formatting, clippy (native and wasm), documentation, licences, advisories
	@scripts/test checks

fmt: ## format the Rust code
	cargo fmt --all

looks: build ## check and photograph every page: widths, colours, languages; takes half an hour
	@scripts/setup tests
	npm --prefix end2end run looks

screenshots: ## update the README's pictures from the latest `make looks`
	cp end2end/test-results/screenshots/catalog-1280-light-en.png docs/catalog.png
	cp end2end/test-results/screenshots/order-paid-1280-light-en.png docs/order-paid.png

bench: build ## benchmark pages, searches, slow connections, imports, the sandbox and checkouts
	@scripts/setup tests
	@scripts/setup bench
	@scripts/bench-catalog
	cargo build --locked --release --package bare
	@scripts/bench-pages
	@scripts/bench-connections
	@scripts/bench-sandbox
	@scripts/bench-import
	npm --prefix end2end run bench
	scripts/with-postgres scripts/bench-finding
	scripts/with-postgres cargo bench --locked -p server --bench orders
	LIST_ORDERS=1000000 LIST_VARIANTS=100000 cargo test --locked --release -p server --test http -- \
		::lists_and_searches --nocapture --test-threads=1
	LIST_ORDERS=1000000 LIST_VARIANTS=100000 TEST_DATABASE=postgres scripts/with-postgres \
		cargo test --locked --release -p server --test http -- ::lists_and_searches --nocapture \
		--test-threads=1
	TEST_POSTGRES_SETTINGS=default \
		scripts/with-postgres cargo bench --locked -p server --bench orders -- PostgreSQL

storm: setup ## 100,000 sessions with faults, an outage, a backup; STORM_SEED sets the seed
	STORM_SESSIONS=$${STORM_SESSIONS:-100000} OUTAGE_SESSIONS=$${OUTAGE_SESSIONS:-10000} \
		COPY_ORDERS=$${COPY_ORDERS:-100000} \
		cargo test --locked --release -p server --test http -- \
		chaos::storm backup::many_orders --nocapture --test-threads=1
