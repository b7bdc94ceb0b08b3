# The words people type; CI types the same ones. Each step prints what it does and how long it took.

.DEFAULT_GOAL := help
.PHONY: help run test lint fmt unit browser kubectl parity control-plane test-cluster golden deny release bench clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: ## build what is missing and serve http://127.0.0.1:3000 with the demo cluster
	@.ci/run-server

test: ## lint, unit, integration, kubectl, control plane and browser tests; ends with "N passed, M failed"
	@.ci/test

lint: ## formatting, clippy for host and wasm, docs, licences and bans
	@.ci/lint

fmt: ## format all code
	cargo fmt --all

unit: ## unit and integration tests only
	@.ci/test unit

kubectl: ## real kubectl commands against the demo cluster
	@.ci/test kubectl

parity: ## kubectl and `ai4k8s kubectl` side by side on a real control plane; "N of M identical"
	@.ci/test parity

control-plane: ## a real Kubernetes control plane on loopback, from Go modules; prints its kubeconfig
	@end2end/control-plane/run

test-cluster: ## the conformance suite and the kubectl script against a real control plane
	@.ci/test control-plane

golden: ## write down what a real API server answers, for the demo cluster to be compared with
	@end2end/control-plane/run cargo test -p demo_api --test it golden::record -- --ignored

browser: ## Playwright, with and without JavaScript
	@.ci/test browser

release: ## one self-contained binary: target/release/ai4k8s
	@.ci/release

bench: ## measure pages, weight and memory of the release binary
	@.ci/bench

clean: ## remove everything that was built
	cargo clean
