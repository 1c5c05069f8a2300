//go:build e2e && packages

package e2e_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// controlPlane is the API server of Kubernetes on etcd, without a node and
// without controllers: it judges what it is given, and runs nothing. Every
// namespace enforces Pod Security "restricted".
type controlPlane struct{ config string }

const admission = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: restricted, enforce-version: latest}
`

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "https://%s", insecure-skip-tls-verify: true}}]
users: [{name: test, user: {token: test}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
`

// surroundings are what the values in ci/ expect to be there.
const surroundings = `
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: monitoring}}
- {apiVersion: v1, kind: Namespace, metadata: {name: exporters}}
- {apiVersion: v1, kind: Namespace, metadata: {name: grafana}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: monitoring}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: exporters}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: monitoring, namespace: monitoring}}
- {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: monitoring}, value: 1000}
- {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: gvisor}, handler: runsc}
`

func startControlPlane(t *testing.T) controlPlane {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	etcd, peer, api := freeAddress(t), freeAddress(t), freeAddress(t)
	service(t, "etcd", "--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls=http://"+etcd, "--advertise-client-urls=http://"+etcd,
		"--listen-peer-urls=http://"+peer, "--initial-advertise-peer-urls=http://"+peer, "--initial-cluster=default=http://"+peer)
	key := filepath.Join(dir, "key.pem")
	run(t, "openssl", "genrsa", "-out", key, "2048")
	host, port, err := net.SplitHostPort(api)
	if err != nil {
		t.Fatal(err)
	}
	service(t, "kube-apiserver", "--etcd-servers=http://"+etcd, "--bind-address="+host, "--secure-port="+port, "--cert-dir="+filepath.Join(dir, "certificates"),
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+key, "--service-account-signing-key-file="+key,
		"--token-auth-file="+write("tokens.csv", `test,admin,admin,"system:masters"`+"\n"), "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/16",
		"--admission-control-config-file="+write("admission.yaml", admission))
	c := controlPlane{write("kubeconfig", fmt.Sprintf(kubeconfig, api))}
	eventually(t, patience, func(context.Context) error {
		if _, said, err := tryRun(t, "kubectl", c.args("get", "--raw", "/readyz")...); err != nil {
			return fmt.Errorf("not ready: %w %s", err, said)
		}
		return nil
	})
	c.kubectl(t, "apply", "--filename", write("surroundings.yaml", surroundings))
	c.kubectl(t, "create", "--filename", os.Getenv("CRDS"))
	c.kubectl(t, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
	return c
}

// service starts a program that is killed when the test is over: told to end in
// order, the API server would wait for etcd, which has gone.
func service(t *testing.T, name string, args ...string) {
	t.Helper()
	p := start(t, name, args...)
	p.killed = true
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
}

func (c controlPlane) args(args ...string) []string {
	return append([]string{"--kubeconfig=" + c.config}, args...)
}

func (c controlPlane) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "kubectl", c.args(args...)...)
}

// helm runs helm without the hooks, which would wait for a node that runs them.
func (c controlPlane) helm(t *testing.T, args ...string) {
	t.Helper()
	if out, said, err := tryRun(t, "helm", append(args, "--kubeconfig="+c.config, "--namespace=monitoring", "--no-hooks")...); err != nil {
		t.Errorf("helm %s: %v\n%s%s", strings.Join(args, " "), err, out, said)
	}
}

// accepts has the API server judge objects as it would to create them.
func (c controlPlane) accepts(t *testing.T, name string, list []object) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "objects.yaml")
	var text strings.Builder
	for _, o := range list {
		text.WriteString("---\n" + toYAML(t, o))
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, err := tryRun(t, "kubectl", c.args("create", "--dry-run=server", "--validate=strict", "--filename", file)...)
	if err != nil || strings.Contains(said, "Warning") {
		t.Errorf("%s: %v\n%s%s", name, err, out, said)
	}
}

// TestControlPlane installs each rendering of the chart, has it become each
// other one and go back, and applies the kustomizations.
func TestControlPlane(t *testing.T) {
	c := startControlPlane(t)
	all := renderings(t)
	values := func(r rendering) string { return "--values=" + filepath.Join(chart, "ci", r.name+"-values.yaml") }
	upgrades := 0
	for _, from := range all {
		c.helm(t, "install", "oss-cname-exporter", chart, values(from))
		c.acceptsPods(t, from)
		for _, to := range all {
			if to.name == from.name {
				continue
			}
			c.helm(t, "upgrade", "oss-cname-exporter", chart, values(to), "--history-max=2")
			c.helm(t, "rollback", "oss-cname-exporter")
			if upgrades++; t.Failed() {
				t.Fatalf("from %s to %s", from.name, to.name)
			}
		}
		c.helm(t, "uninstall", "oss-cname-exporter")
	}
	t.Logf("%d upgrades, and as many rollbacks", upgrades)
	c.appliesKustomizations(t)
	c.refusesMistakes(t)
}

// acceptsPods has the pods and the hooks of a rendering judged, which Helm left
// out: Pod Security looks at pods alone.
func (c controlPlane) acceptsPods(t *testing.T, r rendering) {
	t.Helper()
	pod := func(name string, template object) object {
		meta := at[object](template, "metadata")
		return object{
			"apiVersion": "v1", "kind": "Pod", "spec": at[any](template, "spec"),
			"metadata": object{"name": name, "labels": meta["labels"], "namespace": at[string](r.one(t, "Deployment", "StatefulSet"), "metadata", "namespace")},
		}
	}
	var list []object
	for _, o := range r.objects {
		if at[string](o, "metadata", "annotations", "helm.sh/hook") != "" {
			list = append(list, o)
		}
	}
	list = append(list, pod("exporter", at[object](r.one(t, "Deployment", "StatefulSet"), "spec", "template")))
	for name, template := range r.hooks() {
		if name == "check" {
			list = append(list, pod(name, template))
		}
	}
	c.accepts(t, r.name, list)
}

// appliesKustomizations applies each folder of deploy/kubernetes and the overlay
// of the page twice, as a user does: what is applied is kept in an annotation,
// which has a limit.
func (c controlPlane) appliesKustomizations(t *testing.T) {
	t.Helper()
	for _, name := range []string{"exporter", "sharded", "operator"} {
		for range 2 {
			c.kubectl(t, "--namespace=monitoring", "apply", "--kustomize", "../../deploy/kubernetes/"+name)
		}
		c.kubectl(t, "--namespace=monitoring", "delete", "--kustomize", "../../deploy/kubernetes/"+name)
	}
	p := page{name: "kubernetes.md", text: file(t, "../../docs/install/kubernetes.md"), dir: readersFolder(t)}
	p.write(t, "kustomization.yaml", p.block(t, "yaml", "configMapGenerator"))
	built := run(t, "env", "-C", p.dir, "kustomize", "build", ".")
	p.write(t, "built.yaml", built)
	c.kubectl(t, "apply", "--filename", filepath.Join(p.dir, "built.yaml"))
}

// refusesMistakes makes sure that this control plane judges at all.
func (c controlPlane) refusesMistakes(t *testing.T) {
	t.Helper()
	text := render(t, "rrsa").text
	for want, edit := range map[string][2]string{
		"violates PodSecurity": {`(?s)(kind: Pod\n.*?)runAsNonRoot: true`, "${1}runAsNonRoot: false"},
		"unknown field":        {`imagePullPolicy`, "imagePulPolicy"},
		"spec.endpoints":       {`scrapeTimeout: 30s`, "scrapeTimeout: soon"},
	} {
		file := filepath.Join(t.TempDir(), "wrong.yaml")
		wrong := regexp.MustCompile(edit[0]).ReplaceAllString(text, edit[1])
		if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, said, err := tryRun(t, "kubectl", c.args("create", "--dry-run=server", "--validate=strict", "--filename", file)...); err == nil || !strings.Contains(said, want) {
			t.Errorf("want %q: %v\n%s", want, err, said)
		}
	}
}
