// Package crds pins the types of those objects that are not Kubernetes' own, of
// which come the schemas that the chart and deploy/kubernetes are held to. It is
// a module of its own, so that they never enter the exporter's go.mod.
package crds

import (
	_ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	_ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	_ "k8s.io/autoscaler/vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1"
	_ "sigs.k8s.io/gateway-api/apis/v1"
)
