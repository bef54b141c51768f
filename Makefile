# The front door: every target is a `lab` command. `make` alone shows them all.
#   lab-NN      run the lab and see it hurt        (cargo lab reproduce NN)
#   verify-NN   judge your fix                      (cargo lab verify NN)
# Options for the command go into ARGS: make verify-01 ARGS="--seed 7 --json"

# Compiled at its first use and when its sources are others than before, wherever Cargo builds.
lab := @sh scripts/lab

verbs := profile flamediff offcpu heap console dump serve bench hint answer verify watch diff solution reset

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help list doctor prefetch load report board baseline slowdown test lab $(verbs)

help:
	$(lab)

list doctor prefetch load report board baseline slowdown:
	$(lab) $@ $(ARGS)

lab-%:
	$(lab) reproduce $* $(ARGS)

$(addsuffix -%,$(verbs)):
	$(lab) $(firstword $(subst -, ,$@)) $* $(ARGS)

# A verb without a number: the command says what is missing.
$(verbs):
	$(lab) $@

lab:
	$(lab) reproduce

test:
	cargo test --workspace --release
	$(lab) dev check --prove
