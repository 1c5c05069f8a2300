// Package controlplane pins the Kubernetes that make control-plane-test builds:
// its API server and its command line, from their module. The module's own
// replace lines lead to folders of its repository, so they are repeated here
// with versions.
package controlplane

import (
	_ "k8s.io/kubectl/pkg/cmd"
	_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
)
