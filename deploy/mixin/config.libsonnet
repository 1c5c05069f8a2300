// What an importer of the mixin changes. Every value is a default:
//   (import 'mixin.libsonnet') + { _config+:: { tokenWarningHours: 48, alerts+: { OSSCnameDangling+: { enabled: false } } } }
{
  _config+:: {
    // Added to every selector of the exporter's series, such as 'env="prod"'.
    selector: '',
    // Jobs that are exporters even if none of their targets was ever scraped.
    jobPattern: '.*oss.?cname.*',
    // The label that tells clusters apart, and with the others below whose domain it is. An absent label is no harm.
    clusterLabel: 'cluster',
    groupLabels: [self.clusterLabel, 'namespace', 'job'],
    // Labels that say where an exporter runs. They are taken off what concerns a domain, and the domain's own are kept.
    scrapeLabels: [
      'instance',
      'pod',
      'node',
      'host',
      'hostname',
      'pod_name',
      'pod_ip',
      'node_name',
      'kubernetes_node',
      'kubernetes_pod_name',
      'pod_template_hash',
      'controller_revision_hash',
      'statefulset_kubernetes_io_pod_name',
      'apps_kubernetes_io_pod_index',
      'prometheus',
      'prometheus_replica',
      'replica',
    ],

    // How long what an exporter said is remembered after it was lost: as long as a token lives.
    memoryHours: 72,
    // How long Prometheus itself may be away without forgetting.
    gap: '1h',
    // How long a scrape or two may be missing. More than twice the longest scrape interval.
    missingMinutes: 10,

    tokenWarningHours: 24,
    tokenCriticalHours: 6,
    certificateWarningDays: 14,
    certificateCriticalDays: 3,
    probeFailingMinutes: 15,
    checkFailingMinutes: 30,
    neverAnsweredMinutes: 60,
    factsStaleHours: 6,
    clockSkewSeconds: 300,

    // Where the runbooks are; %s is the alert's name in lower case.
    runbookURLPattern: 'docs/runbooks.md#%s',
    runbooksURL: std.split(self.runbookURLPattern, '#')[0],
    // Where Grafana is, such as https://grafana.example.com, and the dashboard on it. The pattern may use the alert's labels.
    grafanaURL: '',
    dashboardUID: 'oss-cname-tokens',
    dashboardURLPattern: self.grafanaURL + '/d/' + self.dashboardUID + '?var-job={{ urlquery $labels.job }}',
    domainURLPattern: self.dashboardURLPattern + '&var-bucket={{ urlquery $labels.bucket }}',

    // Each alert: whether it is there, its severity, how long its condition must hold ("for"). An alert with two
    // severities has both. A "for" between 3 and 10 minutes would be a gap after each restart of Prometheus, which
    // restores none below 10 minutes, long enough for Alertmanager to call the alert resolved.
    alerts: {
      OSSCnameTokenExpiresSoon: { enabled: true, warning: true, critical: true, 'for': '1m' },
      OSSCnameTokenExpired: { enabled: true, severity: 'critical' },
      OSSCnameTokenMissing: { enabled: true, severity: 'warning', 'for': '1h' },
      OSSCnameTXTMissing: { enabled: true, severity: 'warning', 'for': '15m' },
      OSSCnameReadyToBind: { enabled: true, severity: 'warning', 'for': '1h' },
      OSSCnameDomainUnbound: { enabled: true, severity: 'critical', 'for': '2m' },
      OSSCnameDomainDisabled: { enabled: true, severity: 'critical', 'for': '2m' },
      OSSCnameDangling: { enabled: true, severity: 'warning', 'for': '30m' },
      OSSCnameCertificateExpiresSoon: { enabled: true, warning: true, critical: true, 'for': '1h' },
      OSSCnameProbeFailing: { enabled: true, severity: 'warning' },
      OSSCnameTargetNeverAnswered: { enabled: true, severity: 'warning' },
      OSSCnameFactsStale: { enabled: true, severity: 'warning', 'for': '2m' },
      OSSCnameCheckFailing: { enabled: true, severity: 'warning' },
      OSSCnameReplicaBlind: { enabled: true, severity: 'warning', 'for': '15m' },
      OSSCnameProbeUnanswered: { enabled: true, severity: 'warning', 'for': '10m' },
      OSSCnameExporterDown: { enabled: true, severity: 'critical', 'for': '3m' },
      OSSCnameExporterAbsent: { enabled: true, severity: 'critical', 'for': '3m' },
      OSSCnameExporterLost: { enabled: true, severity: 'critical', 'for': '3m' },
      OSSCnameShardMissing: { enabled: true, severity: 'critical', 'for': '10m' },
      OSSCnameNoTargets: { enabled: true, severity: 'warning', 'for': '15m' },
      OSSCnameReloadRefused: { enabled: true, severity: 'warning', 'for': '10m' },
      OSSCnameClockSkew: { enabled: true, severity: 'warning', 'for': '10m' },
    },
  },
}
