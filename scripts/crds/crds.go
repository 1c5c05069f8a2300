// Package crds pins the types of Prometheus Operator's objects, of which
// controller-gen makes the schemas that deploy/prometheus-operator is held to.
// It is a module of its own, so that they never enter the exporter's go.mod.
package crds

import (
	_ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	_ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
)
