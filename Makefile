# The front door: every target is a `lab` command. `make` alone shows them all.
#   lab-NN      run the lab and see it hurt        (cargo lab reproduce NN)
#   verify-NN   judge your fix                      (cargo lab verify NN)
# Options for the command go into ARGS: make verify-01 ARGS="--seed 7 --json"

lab := @"$${CARGO_TARGET_DIR:-target}/release/lab"

# Compiles the lab program at its first use and when its sources are newer. Called directly it needs no lock of Cargo's, so that
# nobody waits for a build in another terminal without being told.
ready = @lab="$${CARGO_TARGET_DIR:-target}/release/lab"; \
	test -x "$$lab" || echo "First use: compiling the lab program (half a minute on two cores), this once."; \
	if ! test -x "$$lab" || find Cargo.lock shared/crates/lab-cli shared/crates/lab-report shared/crates/lab-results -newer "$$lab" | grep -q .; then \
		cargo build --release --package lab-cli && touch "$$lab"; \
	fi

verbs := profile flamediff offcpu heap console dump serve bench hint answer verify watch diff solution reset

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help list doctor prefetch load report test lab $(verbs)

help:
	$(ready)
	$(lab)

list doctor prefetch load report:
	$(ready)
	$(lab) $@ $(ARGS)

lab-%:
	$(ready)
	$(lab) reproduce $* $(ARGS)

$(addsuffix -%,$(verbs)):
	$(ready)
	$(lab) $(firstword $(subst -, ,$@)) $* $(ARGS)

# A verb without a number: the command says what is missing.
$(verbs):
	$(ready)
	$(lab) $@

lab:
	$(ready)
	$(lab) reproduce

test:
	cargo test --workspace --release --all-targets
	cargo test --workspace --release --doc --quiet
	$(ready)
	$(lab) dev check --prove
