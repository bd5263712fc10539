# Everything here works on a fresh Debian 12: `make demo` and `make test` install what they need (as root, or with sudo).
PREFIX ?= /usr/local

.PHONY: build demo test test-looks test-versions bench bench-peers soak outcomes fuzz lint format install package package-check release deps clean

build: deps ## the program: build/release/bin/planner
	@test -f build/release/build.ninja || cmake --preset release >/dev/null
	@cmake --build --preset release --target planner

demo: build ## what planner says about a small history
	@.ci/demo

test: deps ## build with sanitizers, run every test; TESTS='-L unit' chooses some
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev
	@.ci/test build/dev $(TESTS)

test-looks: ## pages in a browser, completions in zsh and fish, the manual page in groff: installs those (68 MB), which `make test` does without
	@.ci/deps looks
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target cli_tests with_scratch_server
	@.ci/test build/dev -R '^cli\.(Browser|Shell)\.'

test-versions: deps ## what statements do, measured on PostgreSQL 14, 16, 17 and 18 (server programs from npm); VERSIONS='16 18' chooses some
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target effects_tests with_scratch_server
	@.ci/test-versions build/dev $(VERSIONS)

bench: deps ## measurements, as ratios within one run; PART=memory takes one of them
	@.ci/peers
	@cmake --preset release >/dev/null
	@cmake --build --preset release
	@build/release/bin/planner_bench $(PART)

bench-peers: deps ## planner beside plain SQL and pgroll under load, beside squawk and eugene on files; writes figures and plot into README.md: ROWS=1000000 CHANGES='rename type'
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target planner with_scratch_server
	@.ci/peers all
	@build/release/bin/with_scratch_server tests/bench/peers build/release/bin/planner --rows $(or $(ROWS),500000) \
	  --svg examples/docs/peers.svg --readme README.md $(if $(CHANGES),--changes $(CHANGES))
	@tests/bench/peers_analysis build/release/bin/planner --readme README.md

soak: deps ## random schemas and migrations, split and proven: RUNS=500 of them, SEED=n the same ones again
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target property_tests with_scratch_server
	@PLANNER_RUNS=$(or $(RUNS),500) PLANNER_SEED=$(or $(SEED),$$(date +%s)) build/dev/bin/with_scratch_server build/dev/bin/property_tests

outcomes: deps ## what becomes of every risky migration of the histories in ../shared: tests/proof/corpus_outcomes.tsv
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target proof_tests with_scratch_server
	@PLANNER_WRITE_OUTCOMES=1 build/dev/bin/with_scratch_server build/dev/bin/proof_tests --gtest_filter=CorpusOutcomes.write_table

fuzz: deps ## libFuzzer on migrations and planner.toml, SECONDS=60 each, from the corpus in tests/fuzz/corpus; new inputs stay in build/fuzz/corpus
	@.ci/deps lint
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz --target fuzz_migration fuzz_config
	@.ci/fuzz $(or $(SECONDS),60)

lint: ## format, clang-14, clang-tidy; BASE=origin/main looks only at what changed since
	@.ci/deps lint
	@.ci/lint $(or $(BASE),all)

format:
	@.ci/deps lint
	@git ls-files --cached --others --exclude-standard | grep -E '\.(cpp|h)$$' | xargs clang-format-14 -i

install: build
	@cmake --install build/release --prefix $(PREFIX)

package: build ## build/packages: a .deb with its dependencies, a tarball and an npm package that need little
	@test -f build/portable/build.ninja || cmake --preset portable >/dev/null
	@cmake --build --preset portable --target planner
	@.ci/package

package-check: ## installs each package into an empty file system (as root) and runs what was installed
	@.ci/package-check

release: ## everything from a clean commit, built twice: the same bytes or an error; nothing is published
	@.ci/release

deps: ## installs the packages of .ci/packages.txt that are missing
	@.ci/deps

clean:
	@rm -rf build
