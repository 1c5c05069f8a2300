# Everything a developer or the CI runs. Tools are installed on demand into .tools/bin, one directory per pinned version.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BINARY    := oss_cname_exporter
FUZZTIME  ?= 1m
SOAK_TIME ?= 10m
SOAK_SEED ?=
IMAGE     ?= $(BINARY)
DOCKER    ?= docker

# The version comes from git and names neither this machine nor the moment of the build: same commit, same binary.
VERSION    ?= $(or $(patsubst v%,%,$(shell git describe --tags --always --dirty 2>/dev/null)),devel)
REVISION   ?= $(or $(shell git rev-parse --verify --quiet HEAD 2>/dev/null),unknown)
BRANCH     ?= $(or $(shell git branch --show-current 2>/dev/null),unknown)
BUILD_USER ?= make
BUILD_DATE ?= $(or $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y%m%d-%H:%M:%S 2>/dev/null),unknown)
# What only the image is labelled with. The URL of a remote may hold a token, the label's does not.
CREATED ?= $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
SOURCE  ?= $(shell git remote get-url origin 2>/dev/null | sed -E 's,^([a-z+]+://)[^/@]*@,\1,')
STAMPS      = Version=$(VERSION) Revision=$(REVISION) Branch=$(BRANCH) BuildUser=$(BUILD_USER) BuildDate=$(BUILD_DATE)
LDFLAGS     = -s -w -buildid= $(STAMPS:%=-X github.com/prometheus/common/version.%)

GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT         := .tools/bin/golangci-lint-$(GOLANGCI_LINT_VERSION)/golangci-lint
# Without remove_all_sd Prometheus pulls in a module that does not install; add enable_http_sd and so on to get one discovery back.
PROMETHEUS_VERSION := v0.316.0
PROMETHEUS_TAGS    := remove_all_sd,enable_http_sd
PROMETHEUS_DIR     := .tools/bin/prometheus-$(PROMETHEUS_VERSION)-$(PROMETHEUS_TAGS)
# Newer ones lack the assets of their web interface, and do not build.
ALERTMANAGER_VERSION := v0.31.1
ALERTMANAGER_DIR     := .tools/bin/alertmanager-$(ALERTMANAGER_VERSION)
JSONNET_VERSION := v0.22.0
JSONNET_DIR     := .tools/bin/jsonnet-$(JSONNET_VERSION)
# What holds Kubernetes objects to the schemas of a cluster, and of Prometheus Operator as scripts/crds pins it.
KUBECTL_VALIDATE_VERSION := v0.0.4
KUBECTL_VALIDATE_DIR     := .tools/bin/kubectl-validate-$(KUBECTL_VALIDATE_VERSION)
CONTROLLER_GEN_VERSION   := v0.23.0
CONTROLLER_GEN_DIR       := .tools/bin/controller-gen-$(CONTROLLER_GEN_VERSION)
KUBERNETES_VERSION       := 1.30
CRDS                     := .tools/crds
# What renders the chart and judges what comes out.
HELM_VERSION       := v3.22.0
HELM_DIR           := .tools/bin/helm-$(HELM_VERSION)
KUSTOMIZE_VERSION  := v5.7.1
KUSTOMIZE_DIR      := .tools/bin/kustomize-$(KUSTOMIZE_VERSION)
KUBE_SCORE_VERSION := v1.20.0
KUBE_SCORE_DIR     := .tools/bin/kube-score-$(KUBE_SCORE_VERSION)
# A control plane that judges what is installed: the API server as test/controlplane pins it, and etcd from Debian.
KUBERNETES_DIR := .tools/bin/kubernetes-$(shell sed -n 's/^.*k8s.io\/kubernetes \(v[0-9.]*\)$$/\1/p' test/controlplane/go.mod)
ETCD_DIR       := .tools/etcd
# Newer ones need a newer Go.
GORELEASER_VERSION := v2.15.4
GORELEASER_DIR     := .tools/bin/goreleaser-$(GORELEASER_VERSION)
ACTIONLINT_VERSION := v1.7.12
ACTIONLINT_DIR     := .tools/bin/actionlint-$(ACTIONLINT_VERSION)
GOVULNCHECK_VERSION := v1.1.4
# Grafana's types of a dashboard, and what holds JSON to them.
GRAFANA_PACKAGES := @grafana/schema@13.2.3 ts-json-schema-generator@2.4.0 ajv@8.20.0
GRAFANA_DIR      := .tools/grafana-13.2.3
# Grafana's widgets, and what puts them into a page.
WIDGETS_PACKAGES := @grafana/ui@13.2.2 @grafana/data@13.2.2 react@19.3.1 react-dom@19.3.1 rxjs@7.8.2 esbuild@0.28.2
WIDGETS_DIR      := .tools/grafana-ui-13.2.2
# A client of OSS that shares nothing with this project. Those in Go are pinned by test/clients/go.mod.
ALI_OSS_PACKAGES := ali-oss@6.23.0 @alicloud/gateway-oss@0.0.8 @alicloud/openapi-client@0.4.15
ALI_OSS_DIR      := .tools/clients-ali-oss-6.23.0-gateway-0.0.8
# What drives the status page in Chromium, and what judges whether everybody can use it.
PLAYWRIGHT_PACKAGES := playwright-core@1.65.1 axe-core@4.14.1
PLAYWRIGHT_DIR      := .tools/playwright-1.65.1
PROMETHEUS_URL   ?= http://127.0.0.1:9090

# $(call debian,COMMAND,PACKAGES) installs Debian packages unless the command is there; no package, no target.
SUDO  := $(if $(filter-out 0,$(shell id -u)),sudo)
debian = command -v $(1) >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(2); }

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Run the exporter against a simulated OSS: http://127.0.0.1:19525/
	./$(BINARY) --demo --web.listen-address=127.0.0.1:19525

.PHONY: build
build: ## Build the static binary, with its version stamped
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) .

.PHONY: image
image: ## Build the container image (DOCKER=podman works as well)
	$(DOCKER) build --tag $(IMAGE):$(VERSION) --tag $(IMAGE):latest $(foreach arg,VERSION REVISION BRANCH BUILD_DATE CREATED SOURCE,--build-arg $(arg)=$($(arg))) .

.PHONY: test
test: ## Run the tests, under the race detector where there is the C compiler that it needs
	@command -v "$$(go env CC)" >/dev/null || echo "no $$(go env CC): testing without the race detector" >&2
	go test $$(command -v "$$(go env CC)" >/dev/null && echo -race) -shuffle=on ./...

LIST ?=
UPDATE ?=

.PHONY: budget
budget: ## Count the functions that a request enters, and the words that stop a reader; LIST=NAME prints one count, UPDATE=1 lowers test/budget/budget.json
	go test -tags budget -count=1 -v ./test/budget -list-count='$(LIST)' $(if $(UPDATE),-update) | grep -Ev '^(===|---|PASS|ok)'

.PHONY: lint
lint: $(GOLANGCI_LINT) $(ACTIONLINT_DIR)/actionlint $(PROMETHEUS_DIR)/promtool $(ALERTMANAGER_DIR)/amtool $(addprefix $(JSONNET_DIR)/,jsonnet jsonnetfmt jsonnet-lint) $(GRAFANA_DIR)/node_modules $(KUBECTL_VALIDATE_DIR)/kubectl-validate $(CRDS) ## Run every static check: Go, go.mod, alerts, dashboard, Kubernetes objects, shell, Dockerfile
	@$(call debian,shellcheck,shellcheck)
	$(GOLANGCI_LINT) run
	for os in darwin windows; do GOOS=$$os CGO_ENABLED=0 go vet . ./collector/... ./ossclient/... ./internal/...; done
	go mod tidy -diff
	go -C test/clients vet -mod=mod -tags e2e ./...
	go -C test/collectors vet -mod=mod -tags e2e ./...
	$(PROMETHEUS_DIR)/promtool check rules --lint=all --lint-fatal deploy/rules.yml deploy/rules.zh-CN.yml
	$(ALERTMANAGER_DIR)/amtool check-config deploy/alertmanager.yml
	$(JSONNET_DIR)/jsonnetfmt --test deploy/mixin/*sonnet
	$(JSONNET_DIR)/jsonnet-lint deploy/mixin/*sonnet
	$(JSONNET_DIR)/jsonnet -S -m $$(mktemp -d) deploy/mixin/generate.jsonnet | while read -r file; do diff "deploy/$$(basename "$$file")" "$$file" || exit 1; done # make mixin
	go -C test/alerts vet ./...
	node scripts/dashboard/check.mjs $(GRAFANA_DIR) deploy/dashboard.json
	$(KUBECTL_VALIDATE_DIR)/kubectl-validate $(filter-out %/kustomization.yaml,$(wildcard deploy/kubernetes/*/*.yaml)) --version $(KUBERNETES_VERSION) --local-crds $(CRDS)
	@git ls-files -z | xargs -0 stat -c '%s %n' | awk '$$1 > 500000 { print "larger than 500 kB, and tracked: " $$2; bad = 1 } END { exit bad }'
	shellcheck .ci/run scripts/manifests/render scripts/package/docs scripts/package/licenses scripts/package/names scripts/package/sbom deploy/packages/*.sh test/e2e/testdata/boot.sh
	$(ACTIONLINT_DIR)/actionlint
	go -C scripts/composelint run . $(CURDIR)/deploy/compose/compose.yml
	go -C scripts/dockerlint run . $(CURDIR)/Dockerfile

.PHONY: mixin
mixin: $(JSONNET_DIR)/jsonnet $(JSONNET_DIR)/jsonnetfmt ## Generate alerts, recording rules, dashboard and PrometheusRule from deploy/mixin
	$(JSONNET_DIR)/jsonnetfmt --in-place deploy/mixin/*sonnet
	$(JSONNET_DIR)/jsonnet -S -m deploy deploy/mixin/generate.jsonnet
	$(MAKE) manifests

.PHONY: test-alerts
test-alerts: ## Play scenes from operators' lives to the alerts, with the rule engines of the two newest lines of Prometheus
	@for line in go.mod go.before.mod; do \
		grep -E '^\s+github.com/prometheus/prometheus ' test/alerts/$$line; \
		go -C test/alerts test -count=1 -v -modfile=$$line . | grep -Ev '^(=== |--- PASS|PASS)'; \
	done

.PHONY: picture
picture: $(WIDGETS_DIR)/node_modules ## Draw docs/dashboard.png from the Prometheus at PROMETHEUS_URL, with Grafana's widgets
	@$(call debian,chromium,chromium)
	node scripts/dashboard/picture/draw.mjs $(WIDGETS_DIR) deploy/dashboard.json $(PROMETHEUS_URL) docs/dashboard.png

.PHONY: e2e
e2e: test-alerts $(PROMETHEUS_DIR)/prometheus $(PROMETHEUS_DIR)/promtool $(ALERTMANAGER_DIR)/alertmanager $(ALI_OSS_DIR)/node_modules $(PLAYWRIGHT_DIR)/node_modules ## Run the simulated OSS against real clients, the binary against a real Prometheus, VictoriaMetrics, Alertmanager and browser, the DNS client against BIND
	@$(call debian,chromium,chromium)
	@$(call debian,curl,curl)
	@$(call debian,nsupdate,bind9-dnsutils)
	@$(call debian,/usr/sbin/named,bind9)
	@$(call debian,prometheus-node-exporter,prometheus-node-exporter)
	@$(call debian,/usr/bin/prometheus,prometheus)
	@$(call debian,victoria-metrics,victoria-metrics)
	@/usr/bin/python3 -c 'import prometheus_client' 2>/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends python3-prometheus-client; }
	PLAYWRIGHT=$(CURDIR)/$(PLAYWRIGHT_DIR) PATH="$(CURDIR)/$(PROMETHEUS_DIR):$(CURDIR)/$(ALERTMANAGER_DIR):$$PATH" CGO_ENABLED=1 go test -tags e2e -count=1 -timeout 30m -parallel 16 ./test/e2e/...
	ALI_OSS=$(CURDIR)/$(ALI_OSS_DIR) go -C test/clients test -mod=mod -tags e2e -count=1 ./...
	go -C test/collectors test -mod=mod -tags e2e -count=1 ./...

PACKAGE_TESTS ?= ^TestPackage
PACKAGE_TOOLS := $(GORELEASER_DIR)/goreleaser $(HELM_DIR)/helm $(KUSTOMIZE_DIR)/kustomize $(KUBE_SCORE_DIR)/kube-score $(KUBECTL_VALIDATE_DIR)/kubectl-validate \
	$(PROMETHEUS_DIR)/prometheus $(PROMETHEUS_DIR)/promtool $(ALERTMANAGER_DIR)/alertmanager

.PHONY: package-test
package-test: $(PACKAGE_TOOLS) $(CRDS) ## Install it in each way that the documents show, from the chart to the packages, and watch an alert fire
	@$(call debian,buildah,buildah)
	@$(call debian,podman,podman runc)
	@$(call debian,busybox,busybox-static)
	@$(call debian,curl,curl)
	@$(call debian,rpm,rpm)
	@$(call debian,rpmlint,rpmlint)
	@$(call debian,lintian,lintian)
	@$(call debian,man,man-db)
	@$(call debian,systemd-analyze,systemd)
	PATH="$(subst $() $(),:,$(addprefix $(CURDIR)/,$(sort $(dir $(PACKAGE_TOOLS))))):$$PATH" CRDS=$(CURDIR)/$(CRDS) KUBERNETES_VERSION=$(KUBERNETES_VERSION) \
		go test -tags e2e,packages -count=1 -v -timeout 30m -run '$(PACKAGE_TESTS)' ./test/e2e

.PHONY: control-plane-test
control-plane-test: $(addprefix $(KUBERNETES_DIR)/,kube-apiserver kubectl) $(ETCD_DIR) $(HELM_DIR)/helm $(KUSTOMIZE_DIR)/kustomize $(CRDS) ## Install, upgrade and roll back the chart on the API server of Kubernetes
	@$(call debian,openssl,openssl)
	PATH="$(CURDIR)/$(KUBERNETES_DIR):$(CURDIR)/$(ETCD_DIR)/usr/bin:$(CURDIR)/$(HELM_DIR):$(CURDIR)/$(KUSTOMIZE_DIR):$$PATH" CRDS=$(CURDIR)/$(CRDS) KUBERNETES_VERSION=$(KUBERNETES_VERSION) \
		go test -tags e2e,packages -count=1 -v -timeout 30m -run '^TestControlPlane' ./test/e2e

.PHONY: names
names: $(HELM_DIR)/helm ## Write the names of deploy/release.env into module, chart and workflows
	scripts/package/names apply
	$(MAKE) manifests

.PHONY: vulnerabilities
vulnerabilities: build ## Ask the vulnerability database of Go about the binary, which is all that an image has
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) -mode=binary $(BINARY)

.PHONY: release
release: $(GORELEASER_DIR)/goreleaser $(HELM_DIR)/helm ## Publish a draft of the release of this tag: archives, packages, images, chart, checksums, SBOMs
	scripts/package/names check
	set -a && . deploy/release.env && set +a && $(GORELEASER_DIR)/goreleaser release --clean
	$(HELM_DIR)/helm package deploy/helm/oss-cname-exporter --destination dist
	$(HELM_DIR)/helm push dist/oss-cname-exporter-*.tgz oci://$$(sed -n s/^REGISTRY=//p deploy/release.env)/charts --registry-config $${DOCKER_CONFIG:-$$HOME/.docker}/config.json

.PHONY: chart
chart: ## Write the copies and the schema of the Helm chart
	rm -rf deploy/helm/oss-cname-exporter/files
	go -C scripts/chart run . $(CURDIR) $(CURDIR)/deploy/helm/oss-cname-exporter

.PHONY: manifests
manifests: chart $(HELM_DIR)/helm ## Render the plain manifests of deploy/kubernetes from the Helm chart
	scripts/manifests/render $(HELM_DIR)/helm deploy/kubernetes

.PHONY: attack
attack: ## Play hostile servers, clients and accidents on the binary, and count what healthy targets lose
	go test -tags attack -count=1 -parallel 4 -v ./test/attack | grep -vE '^(=== |    --- PASS)'

.PHONY: soak
soak: ## Run the binary in every weather at once, for SOAK_TIME (10m); SOAK_SEED repeats a run
	SOAK_TIME=$(SOAK_TIME) SOAK_SEED=$(SOAK_SEED) CGO_ENABLED=1 go test -tags e2e,soak -count=1 -v -timeout 0 -run '^TestSoak$$' ./test/e2e

.PHONY: bench
bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: scale
scale: $(PROMETHEUS_DIR)/prometheus ## Run a tenth of the million domains of docs/scaling.md, with a real Prometheus (11 minutes)
	PATH="$(CURDIR)/$(PROMETHEUS_DIR):$$PATH" go test -tags scale -run '^$$' -bench TenthOfAMillion -benchtime 1x -timeout 0 ./test/bench

PKG ?= ./internal/schedule
SAMPLE ?= 0

.PHONY: mutation
mutation: ## Change the code of PKG in one place at a time, and print the changes that its tests do not notice; SAMPLE=80 is enough for a score
	go run ./scripts/mutate -n $(SAMPLE) $(PKG)

.PHONY: fuzz
fuzz: ## Run each fuzz test for FUZZTIME (1m)
	@go list ./... | while read -r pkg; do \
		go test -list '^Fuzz' "$$pkg" | sed -n '/^Fuzz/p' | while read -r name; do \
			echo "== $$pkg $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$pkg" </dev/null; \
		done; \
	done

.PHONY: clean
clean: ## Remove whatever was built, the tools too
	rm -rf $(BINARY) .tools dist test/e2e/out

$(GOLANGCI_LINT):
	GOBIN=$(CURDIR)/$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

$(PROMETHEUS_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install -tags=$(PROMETHEUS_TAGS) github.com/prometheus/prometheus/cmd/$*@$(PROMETHEUS_VERSION)

$(ALERTMANAGER_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install github.com/prometheus/alertmanager/cmd/$*@$(ALERTMANAGER_VERSION)

$(JSONNET_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install github.com/google/go-jsonnet/cmd/$*@$(JSONNET_VERSION)

$(KUBECTL_VALIDATE_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install sigs.k8s.io/kubectl-validate@$(KUBECTL_VALIDATE_VERSION)

$(GORELEASER_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install github.com/goreleaser/$*/v2@$(GORELEASER_VERSION)

$(ACTIONLINT_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install github.com/rhysd/actionlint/cmd/$*@$(ACTIONLINT_VERSION)

$(HELM_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install helm.sh/helm/v3/cmd/$*@$(HELM_VERSION)

$(KUSTOMIZE_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install sigs.k8s.io/kustomize/$*/v5@$(KUSTOMIZE_VERSION)

$(KUBE_SCORE_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install github.com/zegl/kube-score/cmd/$*@$(KUBE_SCORE_VERSION)

$(KUBERNETES_DIR)/%: test/controlplane/go.mod
	go -C test/controlplane build -trimpath -ldflags '-s -w -X k8s.io/component-base/version.gitVersion=$(patsubst kubernetes-%,%,$(notdir $(@D))) -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$(word 2,$(subst ., ,$(notdir $(@D))))' -o $(CURDIR)/$@ k8s.io/kubernetes/cmd/$*

# Unpacked and not installed: the package would start a service.
$(ETCD_DIR):
	mkdir -p $@ && cd $@ && apt-get download etcd-server && dpkg-deb --extract etcd-server_*.deb .

$(CONTROLLER_GEN_DIR)/%:
	GOBIN=$(CURDIR)/$(@D) go install sigs.k8s.io/controller-tools/cmd/controller-gen@$(CONTROLLER_GEN_VERSION)

$(CRDS): scripts/crds/go.mod $(CONTROLLER_GEN_DIR)/controller-gen
	cd scripts/crds && $(CURDIR)/$(CONTROLLER_GEN_DIR)/controller-gen crd:maxDescLen=0 \
		$(patsubst %,paths=github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/%,v1 v1alpha1) output:crd:dir=$(CURDIR)/$@
	cd scripts/crds && go mod download && install -m 0644 \
		"$$(go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)/config/crd/standard/gateway.networking.k8s.io_httproutes.yaml" \
		"$$(go list -m -f '{{.Dir}}' k8s.io/autoscaler/vertical-pod-autoscaler)/deploy/vpa-v1-crd-gen.yaml" $(CURDIR)/$@
	touch $@

$(GRAFANA_DIR)/node_modules: NPM_PACKAGES := $(GRAFANA_PACKAGES)
$(ALI_OSS_DIR)/node_modules: NPM_PACKAGES := $(ALI_OSS_PACKAGES)
$(WIDGETS_DIR)/node_modules: NPM_PACKAGES := $(WIDGETS_PACKAGES)
$(PLAYWRIGHT_DIR)/node_modules: NPM_PACKAGES := $(PLAYWRIGHT_PACKAGES)
.tools/%/node_modules:
	@$(call debian,npm,nodejs npm)
	npm install --prefix $(@D) --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --legacy-peer-deps $(NPM_PACKAGES)
