// The monitoring mixin: prometheusRules, prometheusAlerts and grafanaDashboards, by the _config of config.libsonnet.
(import 'config.libsonnet') + (import 'rules.libsonnet') + (import 'alerts.libsonnet') + (import 'dashboard.libsonnet')
