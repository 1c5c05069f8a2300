// The alerts: one for each problem of a domain, one for a cause that many domains share, and those about the exporters.
{
  local config = $._config,
  local words = $.words,
  local m = words.m,
  local problems = import 'problems.libsonnet',

  local link(path) = '{{ with printf "group by (url) (oss_cname_exporter_external_url_info{job=%q}) or group by (url) (oss_cname_exporter_external_url_info)" $labels.job | query }}{{ . | first | label "url" }}' + path + '{{ else }}',
  local runbook(name, query='') = link('/runbooks/' + name + query) + config.runbooksURL + '#' + std.asciiLower(name) + '{{ end }}',
  local ofDomain = '?target={{ urlquery $labels.bucket }}%2F{{ urlquery $labels.cname }}',
  local dashboard(more='') = config.grafanaURL + '/d/' + config.dashboardUID + '?var-job={{ urlquery $labels.job }}' + more,

  local rule(name, expr, labels, summary, description, query='', more='') =
    local base = config.alerts[name];
    if !base.enabled then [] else [{
      alert: name,
      expr: std.rstripChars(expr, '\n') + '\n',
      'for': base['for'],
      [if std.objectHas(base, 'keep_firing_for') then 'keep_firing_for']: base.keep_firing_for,
      [if labels != {} then 'labels']: labels,
      annotations: {
        summary: summary,
        description: description,
        runbook_url: runbook(name, query),
        dashboard_url: dashboard(more),
      },
    }],
  local ofProblem(name) = (
    local p = problems[name];
    rule('OSSCname' + name, 'oss_cname:problem{problem="%s"}' % words.kind(name), {}, p.summary, p.description, ofDomain, '&var-bucket={{ urlquery $labels.bucket }}')
  ),
  // cause tells the rules of one alert apart.
  local ofExporter(name, expr, summary, description, cause='') = rule(name, expr % words, { severity: config.alerts[name].severity, [if cause != '' then 'cause']: cause }, summary, description),
  local isProbe = words.isProbe,
  local recent(name) = 'last_over_time(%s)' % m(name, range='5m'),
  local downExporters = 'max_over_time(%s) == 0 and on (%s) %s' % [m('up', range='5m'), words.source, words.known],

  prometheusAlerts+:: {
    groups+: [{
      name: 'oss_cname',
      rules: std.flattenArrays([ofProblem(name) for name in std.objectFields(problems)])
             + rule(
               'OSSCnameAccountFailing',
               'group by (%(group)s, account, region, check, severity) (%(problem)s == 1)' % words { problem: recent('oss_cname_account_problem') },
               {},
               'Most questions ({{ $labels.check }}) of account {{ $labels.account }} in {{ $labels.region }} fail{{ range printf "group by (reason) (oss_cname_account_problem{job=%q, account=%q, region=%q, check=%q} == 1)" $labels.job $labels.account $labels.region $labels.check | query }}: {{ label "reason" . }}{{ end }}',
               'They fail for one reason, so the domains have no failure of their own. Their facts are those of the last answers; changes since are not seen.',
             )
             + ofExporter(
               'OSSCnameExporterDown',
               |||
                 max by (%(source)s) (max_over_time(%(exporterUp)s) == 0 and on (%(source)s) (%(up)s == 0 and on (%(source)s) %(known)s or %(named)s == 0))
                 or
                 count by (%(group)s) (max_over_time(%(probeUp)s) == 0 and on (%(group)s) (%(known)s or %(named)s))
                   unless on (%(group)s) max_over_time(%(probeUp)s) == 1
                   unless on (%(cluster)s) last_over_time(oss_cname:seen_at{targets!=""}[%(exporterMemory)s])
               ||| % words {
                 exporterUp: m('up', 'instance!~".+/.+"', '5m'),
                 probeUp: m('up', isProbe, '9m'),
                 named: m('up', 'job=~"%s"' % config.jobPattern),
               },
               'oss_cname_exporter {{ if $labels.instance }}{{ $labels.instance }}{{ else }}behind job {{ $labels.job }}{{ end }} is down',
               "Prometheus can't scrape it. Its last word about each domain counts for %s. Changes are not seen." % config.memory,
             )
             + (if config.alerts.OSSCnameExporterMissing.absent then ofExporter(
                  'OSSCnameExporterMissing',
                  'absent(%(up)s and on (%(group)s) %(known)s or %(named)s) unless on () oss_cname:lost' % words { named: m('up', 'job=~"%s"' % config.jobPattern) },
                  'No oss_cname_exporter is scraped',
                  'Prometheus has no exporter among its scrape targets. No CNAME token is watched.',
                  'absent',
                ) else [])
             + ofExporter(
               'OSSCnameExporterMissing',
               'count by (%(group)s) (oss_cname:lost)',
               '{{ $value }} exporters of job {{ $labels.job }} are no scrape targets any more',
               'No other exporter watches their targets. Their last word about each domain counts for %s.' % config.memory,
               'lost',
             )
             + ofExporter(
               'OSSCnameExporterMissing',
               words.shardsMissing,
               '{{ $value }} shards of job {{ $labels.job }} are missing',
               'The exporters of the job say that there are more shards than Prometheus scrapes. The domains of the others are not watched.',
               'shards',
             )
             + ofExporter(
               'OSSCnameNotAsked',
               |||
                 max by (%(source)s) (%(recentTargets)s - %(asked)s) > 0
                   unless on (%(cluster)s) (%(down)s or %(probeNow)s == 0)
               ||| % words { probeNow: m('up', isProbe), recentTargets: recent('oss_cname_exporter_targets'), asked: recent('oss_cname_exporter_targets_asked'), down: downExporters },
               '{{ $value }} targets of oss_cname_exporter {{ $labels.instance }} are not asked about',
               'They are configured, and neither /metrics nor /probe was asked about them for ten minutes. Does the filter of the scrape, or of /sd, leave them out?',
               'configured',
             )
             + ofExporter(
               'OSSCnameNotAsked',
               |||
                 count by (%(group)s) (max_over_time(%(probeUp)s) == 0 and on (%(source)s) %(probeNow)s == 0 and on (%(group)s) (%(known)s or %(named)s))
                   unless on (%(cluster)s) (%(down)s)
                   and on (%(cluster)s) (%(recentTargets)s or %(probeNow)s == 1)
               ||| % words { recentTargets: recent('oss_cname_exporter_targets'), probeUp: m('up', isProbe, '9m'), probeNow: m('up', isProbe), named: m('up', 'job=~"%s"' % config.jobPattern), down: downExporters },
               '{{ $value }} targets of job {{ $labels.job }} get no answer from /probe',
               'An exporter is up, and refuses their parameters (400), or takes too long. up == 0 says which. These domains are not watched.',
               'refused',
             )
             + ofExporter(
               'OSSCnameNotAsked',
               |||
                 (max by (%(source)s) (%(recentTargets)s) == 0 unless on (%(source)s) %(shards)s > 1
                   or sum by (%(group)s) (%(recentTargets)s and on (%(source)s) %(shards)s > 1) == 0)
                   unless on (%(cluster)s) %(probeNow)s
               ||| % words { recentTargets: recent('oss_cname_exporter_targets'), shards: recent('oss_cname_exporter_shards'), probeNow: m('up', isProbe) },
               'oss_cname_exporter {{ if $labels.instance }}{{ $labels.instance }}{{ else }}of job {{ $labels.job }}{{ end }} has no targets',
               'The configuration in force names no domain, and no target is probed, so no domain is watched.',
               'empty',
             )
             + ofExporter(
               'OSSCnameReloadRefused',
               'max by (%(source)s) (%(successful)s) == 0' % words { successful: recent('oss_cname_exporter_config_last_reload_successful') },
               'oss_cname_exporter {{ $labels.instance }} refuses its configuration',
               'The one before stays in force. Domains that were added since are not watched.',
             )
             + ofExporter(
               'OSSCnameClockSkew',
               'abs(max by (%(source)s) (%(skew)s)) > %(limit)d' % words { skew: recent('oss_cname_exporter_clock_skew_seconds'), limit: config.clockSkewSeconds },
               'The clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} off',
               'OSS refuses every request beyond 15 minutes. Countdowns that the exporter decides are off as well.',
             )
             + ofExporter(
               'OSSCnameRulesLate',
               |||
                 (count(%(problem)s == 1) unless on () oss_cname:said_at)
                 or count(increase(prometheus_rule_group_iterations_missed_total{rule_group=~".+;oss_cname"}[10m]) > 0)
                 or count(increase(prometheus_rule_evaluation_failures_total{rule_group=~".+;oss_cname"}[10m]) > 0)
               ||| % words { problem: m('oss_cname_problem') },
               'The rules of oss_cname_exporter are not evaluated, or late',
               'Prometheus fails or misses evaluations of the group oss_cname. Until it is mended, alerts about domains end or come late. Its page /rules has the error.',
             ),
    }],
  },
}
