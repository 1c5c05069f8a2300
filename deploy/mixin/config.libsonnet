// What an importer of the mixin changes. Every value is a default:
//   (import 'mixin.libsonnet') + { _config+:: { ownLabels: ['team'], alerts+: { OSSCnameReadyToBind+: { enabled: false } } } }
// Thresholds, and the severities of a domain's problems, are in the exporter's configuration.
{
  _config+:: {
    // The language of summaries and descriptions: en, or zh for Chinese.
    language: 'en',
    // Added to every selector of the exporter's series, such as 'env="prod"'.
    selector: '',
    // Jobs that are exporters even if none of their targets was ever scraped.
    jobPattern: '.*oss.?cname.*',
    // The labels that tell tenants apart. An absent label is no harm. The first tells clusters apart.
    groupLabels: ['cluster', 'namespace', 'job'],
    // The targets' own labels. With a list an alert has these labels and no other; null keeps all but scrapeLabels.
    ownLabels: null,
    // Labels that say where an exporter runs.
    scrapeLabels: [
      'instance',
      'pod',
      'node',
      'host',
      'hostname',
      'container',
      'pod_name',
      'node_name',
      'kubernetes_node',
      'kubernetes_pod_name',
      'pod_template_hash',
      'controller_revision_hash',
      'prometheus',
      'prometheus_replica',
      'replica',
    ],

    // How long an exporter's last word about a domain counts while no exporter contradicts it.
    memory: '1d',
    // How long an exporter that is lost is told to be.
    exporterMemory: '7d',
    // How much older than a replica's a replica's facts may be, in seconds, and still count.
    replicaLag: 300,
    clockSkewSeconds: 300,

    // Where the runbooks are if an exporter does not say its own address (--web.external-url).
    runbookBase: '',
    runbooksURL: self.runbookBase + { en: 'docs/runbooks.md', zh: 'docs/runbooks.zh-CN.md' }[self.language],
    problemsURL: self.runbookBase + 'docs/problems.md',
    // Where Grafana is, such as https://grafana.example.com, and the dashboard on it.
    grafanaURL: '',
    dashboardUID: 'oss-cname-tokens',

    // Each alert: whether it is there, and how long its condition must hold. One of 3 to 10 minutes would be a gap after
    // a restart of Prometheus, which restores none below 10 minutes. Where a warning can become critical, it goes on firing
    // until the critical one does.
    alerts: {
      OSSCnameTokenExpiresSoon: { enabled: true, 'for': '1m', keep_firing_for: '2m' },
      OSSCnameTokenExpired: { enabled: true, 'for': '1m' },
      OSSCnameTokenMissing: { enabled: true, 'for': '1h' },
      OSSCnameReadyToBind: { enabled: true, 'for': '1h' },
      OSSCnameDomainUnbound: { enabled: true, 'for': '2m' },
      OSSCnameNotServed: { enabled: true, 'for': '2m', keep_firing_for: '2m' },
      OSSCnameNotReachable: { enabled: true, 'for': '30m', keep_firing_for: '30m' },
      OSSCnameDangling: { enabled: true, 'for': '10m', keep_firing_for: '10m' },
      OSSCnameCertificateExpiresSoon: { enabled: true, 'for': '10m', keep_firing_for: '10m' },
      OSSCnameProbeFailing: { enabled: true, 'for': '15m', keep_firing_for: '15m' },
      OSSCnameCheckFailing: { enabled: true, 'for': '30m', keep_firing_for: '10m' },
      OSSCnameAccountFailing: { enabled: true, 'for': '15m', keep_firing_for: '15m' },
      OSSCnameExporterDown: { enabled: true, severity: 'critical', 'for': '2m' },
      // absent is for a Prometheus that must have an exporter; false is for one that may have none.
      OSSCnameExporterMissing: { enabled: true, severity: 'critical', 'for': '10m', absent: true },
      OSSCnameNotAsked: { enabled: true, severity: 'warning', 'for': '15m' },
      OSSCnameReloadRefused: { enabled: true, severity: 'warning', 'for': '10m' },
      OSSCnameClockSkew: { enabled: true, severity: 'warning', 'for': '10m' },
      OSSCnameRulesLate: { enabled: true, severity: 'warning', 'for': '10m' },
    },
  },
}
