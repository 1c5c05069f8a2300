//go:build e2e && packages

package e2e_test

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// at returns what is at the path of keys, the zero value if nothing is.
func at[T any](from any, path ...string) T {
	for _, key := range path {
		m, _ := from.(object)
		from = m[key]
	}
	value, _ := from.(T)
	return value
}

func (r rendering) kind(kinds ...string) []object {
	var found []object
	for _, o := range r.objects {
		if slices.Contains(kinds, at[string](o, "kind")) {
			found = append(found, o)
		}
	}
	return found
}

// beside matches the names of objects beside the one that the release is named for.
var beside = regexp.MustCompile(`-(test|check|dashboard|shards|targets-\d+)$`)

// one returns the only object of these kinds that is not beside another.
func (r rendering) one(t *testing.T, kinds ...string) object {
	t.Helper()
	found := slices.DeleteFunc(r.kind(kinds...), func(o object) bool {
		return beside.MatchString(at[string](o, "metadata", "name"))
	})
	if len(found) != 1 {
		t.Fatalf("%s: %d objects of %v", r.name, len(found), kinds)
	}
	return found[0]
}

func (r rendering) pod(t *testing.T) (labels, spec object) {
	t.Helper()
	template := at[object](r.one(t, "Deployment", "StatefulSet"), "spec", "template")
	return at[object](template, "metadata", "labels"), at[object](template, "spec")
}

func (r rendering) container(t *testing.T) object {
	t.Helper()
	_, spec := r.pod(t)
	return at[[]any](spec, "containers")[0].(object)
}

// selects reports whether labels have all that a selector wants; an empty
// selector is a mistake.
func selects(selector, labels object) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

// named returns the element of a list that has this name.
func named(list []any, name any) object {
	for _, element := range list {
		if at[any](element, "name") == name {
			return element.(object)
		}
	}
	return nil
}

// TestPackageChainsHold follows every reference from object to object that
// Kubernetes and Prometheus Operator follow, in each rendering: a link that
// leads nowhere is no error there, but silence.
func TestPackageChainsHold(t *testing.T) {
	for _, r := range renderings(t) {
		for _, breach := range r.breaches(t) {
			t.Errorf("%s: %s", r.name, breach)
		}
	}
}

// TestPackageChainsAreFollowed breaks a link of each kind on purpose.
func TestPackageChainsAreFollowed(t *testing.T) {
	for name, edit := range map[string][2]string{
		"monitor to Service":         {`(?s)(kind: ServiceMonitor.*?matchLabels:\n\s+app.kubernetes.io/name: )\S+`, "${1}other"},
		"monitor to port":            {`- port: http\n`, "- port: metrics\n"},
		"monitor to namespace":       {`(?s)(kind: ServiceMonitor.*?namespace: )monitoring`, "${1}other"},
		"Service to pods":            {`(?s)(kind: Service\n.*?selector:\n\s+app.kubernetes.io/name: )\S+`, "${1}other"},
		"Service to port":            {`"targetPort":"http"`, `"targetPort":"metrics"`},
		"workload to pods":           {`(?s)(kind: Deployment.*?matchLabels:\n\s+app.kubernetes.io/name: )\S+`, "${1}other"},
		"network policy to pods":     {`(?s)(podSelector:\n\s+matchLabels:\n\s+app.kubernetes.io/name: )oss-cname-exporter\n`, "${1}other\n"},
		"health checks to port":      {`"port":"health"},"periodSeconds"`, `"port":"http"},"periodSeconds"`},
		"pod to role":                {`pod-identity.alibabacloud.com/role-name: \S+`, ""},
		"pod to webhook":             {`pod-identity.alibabacloud.com/injection: "on"`, ""},
		"pod to service account":     {`serviceAccountName: \S+`, "serviceAccountName: other"},
		"volume to ConfigMap":        {`configMap: {name: \S+}}`, "configMap: {name: other}}"},
		"flag to volume":             {`mountPath: /etc/oss_cname_exporter,`, "mountPath: /etc/other,"},
		"rule to job":                {`\.\*oss\.\?cname\.\*`, "other"},
		"test's pod not in Service":  {`"app.kubernetes.io/name":"oss-cname-exporter-test"`, `"app.kubernetes.io/name":"oss-cname-exporter"`},
		"check's pod not in Service": {`"app.kubernetes.io/name":"oss-cname-exporter-check"`, `"app.kubernetes.io/name":"oss-cname-exporter"`},
	} {
		r := render(t, "rrsa")
		text := regexp.MustCompile(edit[0]).ReplaceAllString(r.text, edit[1])
		if text == r.text {
			t.Errorf("%s: nothing matches %s", name, edit[0])
		}
		if broken := (rendering{name: name, text: text, objects: objects(t, text)}); len(broken.breaches(t)) == 0 {
			t.Errorf("%s is broken, and nobody notices", name)
		}
	}
}

// report notes a link that leads nowhere.
type report func(format string, args ...any)

// breaches returns every link that leads nowhere.
func (r rendering) breaches(t *testing.T) (found []string) {
	t.Helper()
	var breach report = func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	labels, spec := r.pod(t)
	service := r.one(t, "Service")
	workload := r.one(t, "Deployment", "StatefulSet")
	ports := at[[]any](r.container(t), "ports")

	selectors := map[string]object{
		"workload": at[object](workload, "spec", "selector", "matchLabels"),
		"Service":  at[object](service, "spec", "selector"),
	}
	for _, o := range r.kind("NetworkPolicy", "PodDisruptionBudget") {
		if !beside.MatchString(at[string](o, "metadata", "name")) {
			selector := at[object](o, "spec", "podSelector", "matchLabels")
			if selector == nil {
				selector = at[object](o, "spec", "selector", "matchLabels")
			}
			selectors[at[string](o, "kind")] = selector
		}
	}
	for who, selector := range selectors {
		if !selects(selector, labels) {
			breach("the %s selects %v, the pods have %v", who, selector, labels)
		}
		for name, pod := range r.hooks() {
			if selects(selector, at[object](pod, "metadata", "labels")) {
				breach("the %s selects the pod of the %s", who, name)
			}
		}
	}

	port := at[[]any](service, "spec", "ports")[0]
	if named(ports, at[string](port, "targetPort")) == nil {
		breach("the Service leads to the port %v, the pods have %v", at[any](port, "targetPort"), ports)
	}
	for _, probe := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
		if name := at[string](r.container(t), probe, "httpGet", "port"); name != "health" || named(ports, name) == nil {
			breach("%s asks the port %q", probe, name)
		}
	}
	if at[string](workload, "kind") == "StatefulSet" {
		r.checkShards(workload, labels, breach)
	}
	r.checkAccount(labels, spec, breach)
	r.checkVolumes(t, spec, breach)
	r.checkMonitors(service, breach)
	r.checkPodMonitors(labels, workload, ports, breach)
	return found
}

// hooks returns the pods that are not the exporter's: of helm test and of the
// check of the configuration.
func (r rendering) hooks() map[string]object {
	pods := map[string]object{}
	for _, pod := range r.kind("Pod") {
		pods["test"] = pod
	}
	for _, job := range r.kind("Job") {
		pods["check"] = at[object](job, "spec", "template")
	}
	return pods
}

// checkShards follows the StatefulSet to the Service that names its pods, which
// is headless and which no monitor selects.
func (r rendering) checkShards(workload, labels object, breach report) {
	var names []string
	for _, service := range r.kind("Service") {
		if at[string](service, "spec", "clusterIP") != "None" {
			continue
		}
		names = append(names, at[string](service, "metadata", "name"))
		if !selects(at[object](service, "spec", "selector"), labels) {
			breach("the headless Service selects no pods")
		}
		for _, monitor := range r.kind("ServiceMonitor") {
			if selects(at[object](monitor, "spec", "selector", "matchLabels"), at[object](service, "metadata", "labels")) {
				breach("the ServiceMonitor scrapes each pod twice")
			}
		}
	}
	if want := at[string](workload, "spec", "serviceName"); !slices.Contains(names, want) {
		breach("the StatefulSet wants the headless Service %s, there are %v", want, names)
	}
}

// checkAccount follows the pod to its service account and that to the RAM role.
func (r rendering) checkAccount(labels, spec object, breach report) {
	accounts := r.kind("ServiceAccount")
	if len(accounts) == 0 {
		return // it exists already
	}
	if name := at[string](accounts[0], "metadata", "name"); at[string](spec, "serviceAccountName") != name {
		breach("the pods run as %v, the account is %v", spec["serviceAccountName"], name)
	}
	role := at[string](accounts[0], "metadata", "annotations", "pod-identity.alibabacloud.com/role-name")
	injected := labels["pod-identity.alibabacloud.com/injection"] == "on"
	asked := strings.Contains(r.text, "type: oidc")
	if (role != "") != injected || injected != asked {
		breach("role %q, injection %t, configuration asks for it %t", role, injected, asked)
	}
}

// checkVolumes follows the volumes to the objects that the chart has, and the
// flags and the configuration to the volumes.
func (r rendering) checkVolumes(t *testing.T, spec object, breach report) {
	t.Helper()
	volumes := at[[]any](spec, "volumes")
	text := strings.Join(r.args(t), "\n")
	name := at[string](named(volumes, "config"), "configMap", "name")
	if r.name == "existing" {
		if name != "oss-cname-exporter-config" {
			breach("the volume config is of %q", name)
		}
	} else {
		config := r.one(t, "ConfigMap")
		text += "\n" + at[string](config, "data", "config.yaml")
		if name != at[string](config, "metadata", "name") {
			breach("the volume config is of %q", name)
		}
	}
	var mounted []string
	for _, mount := range at[[]any](r.container(t), "volumeMounts") {
		if named(volumes, at[string](mount, "name")) == nil {
			breach("no volume %v", at[any](mount, "name"))
		}
		mounted = append(mounted, at[string](mount, "mountPath"))
	}
	for _, path := range regexp.MustCompile(`(?m)_file(?:: |=)(/\S+)|\.file=(/\S+)`).FindAllStringSubmatch(text, -1) {
		if file := path[1] + path[2]; !slices.Contains(mounted, filepath.Dir(file)) {
			breach("%s is not in %v", file, mounted)
		}
	}
}

func (r rendering) args(t *testing.T) []string {
	t.Helper()
	var args []string
	for _, arg := range at[[]any](r.container(t), "args") {
		args = append(args, arg.(string))
	}
	return args
}

// checkMonitors follows what Prometheus scrapes to the Service, and holds the
// rules to the job that comes of it.
func (r rendering) checkMonitors(service object, breach report) {
	name := at[string](service, "metadata", "name")
	port := at[[]any](service, "spec", "ports")[0]
	address := fmt.Sprintf("%s.%s.svc:%v", name, at[string](service, "metadata", "namespace"), at[any](port, "port"))
	jobs := []string{}
	for _, monitor := range r.kind("ServiceMonitor") {
		selector, labels := at[object](monitor, "spec", "selector", "matchLabels"), at[object](service, "metadata", "labels")
		if !selects(selector, labels) {
			breach("the ServiceMonitor selects %v, the Service has %v", selector, labels)
		}
		if at[string](monitor, "metadata", "namespace") != at[string](service, "metadata", "namespace") {
			breach("the ServiceMonitor looks in another namespace")
		}
		for _, endpoint := range at[[]any](monitor, "spec", "endpoints") {
			if at[string](endpoint, "port") != at[string](port, "name") {
				breach("the ServiceMonitor scrapes the port %v, the Service has %v", at[any](endpoint, "port"), at[any](port, "name"))
			}
		}
		jobs = append(jobs, name) // the operator's default
	}
	for _, monitor := range r.kind("ScrapeConfig", "Probe") {
		jobs = append(jobs, at[string](monitor, "spec", "jobName"))
		if prober := at[string](monitor, "spec", "prober", "url"); prober != "" && prober != address {
			breach("the Probe asks %q, the Service is %q", prober, address)
		}
		for _, sd := range at[[]any](monitor, "spec", "httpSDConfigs") {
			if u, err := url.Parse(at[string](sd, "url")); err != nil || u.Host != address || u.Path != strings.Replace(at[string](monitor, "spec", "metricsPath"), "/probe", "/sd", 1) {
				breach("the ScrapeConfig discovers at %v, the Service is %q", u, address)
			}
		}
		for _, relabeling := range at[[]any](monitor, "spec", "relabelings") {
			if at[string](relabeling, "targetLabel") == "__address__" && at[string](relabeling, "replacement") != address {
				breach("the ScrapeConfig scrapes %v, the Service is %q", at[any](relabeling, "replacement"), address)
			}
		}
	}
	for _, rule := range r.kind("PrometheusRule") {
		for _, wanted := range regexp.MustCompile(`\bjob\s*(=~|=)\s*\\?"([^"\\]*)\\?"`).FindAllStringSubmatch(fmt.Sprint(rule), -1) {
			for _, job := range jobs {
				if match, err := regexp.MatchString("^(?:"+wanted[2]+")$", job); err != nil || !match {
					breach("a rule wants the job %s, it is %s", wanted[2], job)
				}
			}
		}
	}
}

// checkPodMonitors follows what Prometheus scrapes to the pods.
func (r rendering) checkPodMonitors(labels, workload object, ports []any, breach report) {
	for _, monitor := range r.kind("PodMonitor") {
		if selector := at[object](monitor, "spec", "selector", "matchLabels"); !selects(selector, labels) {
			breach("the PodMonitor selects %v, the pods have %v", selector, labels)
		}
		namespaces := append(at[[]any](monitor, "spec", "namespaceSelector", "matchNames"), at[any](monitor, "metadata", "namespace"))
		if namespaces[0] != at[any](workload, "metadata", "namespace") {
			breach("the PodMonitor looks in the namespaces %v", namespaces)
		}
		for _, endpoint := range at[[]any](monitor, "spec", "podMetricsEndpoints") {
			if named(ports, at[any](endpoint, "port")) == nil {
				breach("the PodMonitor scrapes the port %v", at[any](endpoint, "port"))
			}
		}
	}
}

// TestPackageChartConfigures gives the binary the arguments and the
// configuration that each rendering has for it.
func TestPackageChartConfigures(t *testing.T) {
	for _, r := range renderings(t) {
		if r.name == "existing" {
			continue // the configuration is not the chart's
		}
		dir := t.TempDir()
		for name, text := range map[string]string{"config.yaml": at[string](r.one(t, "ConfigMap"), "data", "config.yaml"), "web.yml": ""} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		here := strings.NewReplacer("/etc/oss_cname_exporter/", dir+"/", "/etc/oss_cname_exporter_web/", dir+"/", "$(POD_NAME)", "oss-cname-exporter-2")
		args := []string{"--config.check"}
		for _, arg := range r.args(t) {
			args = append(args, here.Replace(arg))
		}
		if out := run(t, "oss_cname_exporter", args...); !strings.Contains(out, "no faults") {
			t.Errorf("%s: %s", r.name, out)
		}
	}
}

// TestPackageChartFires runs the exporter as the chart runs it, but for the
// demo in place of a configuration, scrapes it as the ServiceMonitor has
// Prometheus Operator scrape it, and waits for an alert of the PrometheusRule.
func TestPackageChartFires(t *testing.T) {
	t.Parallel()
	r := render(t, "rrsa")
	args := []string{"--demo"}
	for _, arg := range r.args(t) {
		if !strings.HasPrefix(arg, "--config.") && !strings.Contains(arg, "listen-address") {
			args = append(args, arg)
		}
	}
	exporter := startExporter(t, args...)
	labels := map[string]string{"namespace": "monitoring", "service": "oss-cname-exporter", "pod": "oss-cname-exporter-0", "container": "exporter", "endpoint": "http"}
	rules := strings.ReplaceAll(toYAML(t, at[object](r.one(t, "PrometheusRule"), "spec")), "for: 1m", "for: 0s")
	prom := startPrometheus(t, firing(t, rules, "oss-cname-exporter", exporter.address, labels))
	prom.holds(t, `ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", cname="hours.example.com"} == 1`)
	prom.holds(t, `up{job="oss-cname-exporter", service="oss-cname-exporter"} == 1`)
}

// firing is the configuration of a Prometheus that scrapes address, in a hurry,
// as job with labels, and evaluates rules.
func firing(t *testing.T, rules, job, address string, labels map[string]string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("global: {scrape_interval: 3s, scrape_timeout: 3s, evaluation_interval: 1s}\nrule_files: [%s]\nscrape_configs:\n- job_name: %s\n  static_configs: [{targets: [%q], labels: {%s}}]\n",
		file, job, address, strings.Join(slices.Sorted(func(yield func(string) bool) {
			for name, value := range maps.All(labels) {
				if !yield(fmt.Sprintf("%s: %q", name, value)) {
					return
				}
			}
		}), ", "))
}
