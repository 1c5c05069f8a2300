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

  // texts has the summary and the description of each language.
  local rule(name, expr, labels, texts, query='', more='') =
    local base = config.alerts[name];
    if !base.enabled then [] else [{
      alert: name,
      expr: std.rstripChars(expr, '\n') + '\n',
      'for': base['for'],
      [if std.objectHas(base, 'keep_firing_for') then 'keep_firing_for']: base.keep_firing_for,
      [if labels != {} then 'labels']: labels,
      annotations: {
        summary: texts[config.language].summary,
        description: texts[config.language].description,
        runbook_url: runbook(name, query),
        dashboard_url: dashboard(more),
      },
    }],
  local ofProblem(name) = (
    local p = problems[name];
    rule('OSSCname' + name, 'oss_cname:problem{problem="%s"}' % words.kind(name), {}, p, ofDomain, '&var-bucket={{ urlquery $labels.bucket }}')
  ),
  // cause tells the rules of one alert apart.
  local ofExporter(name, expr, texts, cause='') = rule(name, expr % words, { severity: config.alerts[name].severity, [if cause != '' then 'cause']: cause }, texts),
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
               {
                 en: {
                   summary: 'Most questions ({{ $labels.check }}) of account {{ $labels.account }} in {{ $labels.region }} fail{{ range printf "group by (reason) (oss_cname_account_problem{job=%q, account=%q, region=%q, check=%q} == 1)" $labels.job $labels.account $labels.region $labels.check | query }}: {{ label "reason" . }}{{ end }}',
                   description: 'They fail for one reason, so the domains have no failure of their own. Their facts are those of the last answers; changes since are not seen.',
                 },
                 zh: {
                   summary: '账号 {{ $labels.account }} 在 {{ $labels.region }} 的多数查询（{{ $labels.check }}）失败{{ range printf "group by (reason) (oss_cname_account_problem{job=%q, account=%q, region=%q, check=%q} == 1)" $labels.job $labels.account $labels.region $labels.check | query }}：{{ label "reason" . }}{{ end }}',
                   description: '失败原因相同，因此不再逐个域名告警。各域名的信息为上次应答的结果，看不到此后的变化。',
                 },
               },
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
               {
                 en: {
                   summary: 'oss_cname_exporter {{ if $labels.instance }}{{ $labels.instance }}{{ else }}behind job {{ $labels.job }}{{ end }} is down',
                   description: "Prometheus can't scrape it. Its last word about each domain counts for %s. Changes are not seen." % config.memory,
                 },
                 zh: {
                   summary: 'oss_cname_exporter {{ if $labels.instance }}{{ $labels.instance }}{{ else }}（job {{ $labels.job }}）{{ end }} 宕机',
                   description: 'Prometheus 抓取不到它。它对各域名的最后结论在 %s 内有效，看不到此后的变化。' % config.memory,
                 },
               },
             )
             + (if config.alerts.OSSCnameExporterMissing.absent then ofExporter(
                  'OSSCnameExporterMissing',
                  'absent(%(up)s and on (%(group)s) %(known)s or %(named)s) unless on () oss_cname:lost' % words { named: m('up', 'job=~"%s"' % config.jobPattern) },
                  {
                    en: {
                      summary: 'No oss_cname_exporter is scraped',
                      description: 'Prometheus has no exporter among its scrape targets. No CNAME token is watched.',
                    },
                    zh: {
                      summary: '没有抓取任何 oss_cname_exporter',
                      description: 'Prometheus 的抓取目标中没有 exporter，没有监控任何 CNAME Token。',
                    },
                  },
                  'absent',
                ) else [])
             + ofExporter(
               'OSSCnameExporterMissing',
               'count by (%(group)s) (oss_cname:lost)',
               {
                 en: {
                   summary: '{{ $value }} exporters of job {{ $labels.job }} are no scrape targets any more',
                   description: 'No other exporter watches their targets. Their last word about each domain counts for %s.' % config.memory,
                 },
                 zh: {
                   summary: 'job {{ $labels.job }} 有 {{ $value }} 个 exporter 不再是抓取目标',
                   description: '没有其他 exporter 监控它们的域名。它们对各域名的最后结论在 %s 内有效。' % config.memory,
                 },
               },
               'lost',
             )
             + ofExporter(
               'OSSCnameExporterMissing',
               words.shardsMissing,
               {
                 en: {
                   summary: '{{ $value }} shards of job {{ $labels.job }} are missing',
                   description: 'The exporters of the job say that there are more shards than Prometheus scrapes. The domains of the others are not watched.',
                 },
                 zh: {
                   summary: 'job {{ $labels.job }} 缺少 {{ $value }} 个分片',
                   description: '该 job 的各 exporter 声明的分片数多于 Prometheus 抓取到的，其余分片的域名未被监控。',
                 },
               },
               'shards',
             )
             + ofExporter(
               'OSSCnameNotAsked',
               |||
                 max by (%(source)s) (%(recentTargets)s - %(asked)s) > 0
                   unless on (%(cluster)s) (%(down)s or %(probeNow)s == 0)
               ||| % words { probeNow: m('up', isProbe), recentTargets: recent('oss_cname_exporter_targets'), asked: recent('oss_cname_exporter_targets_asked'), down: downExporters },
               {
                 en: {
                   summary: '{{ $value }} targets of oss_cname_exporter {{ $labels.instance }} are not asked about',
                   description: 'They are configured, and neither /metrics nor /probe was asked about them for ten minutes. Does the filter of the scrape, or of /sd, leave them out?',
                 },
                 zh: {
                   summary: 'oss_cname_exporter {{ $labels.instance }} 有 {{ $value }} 个目标未被查询',
                   description: '它们已配置，但十分钟内没有被 /metrics 或 /probe 查询。请检查抓取或 /sd 的过滤条件是否漏掉了它们。',
                 },
               },
               'configured',
             )
             + ofExporter(
               'OSSCnameNotAsked',
               |||
                 count by (%(group)s) (max_over_time(%(probeUp)s) == 0 and on (%(source)s) %(probeNow)s == 0 and on (%(group)s) (%(known)s or %(named)s))
                   unless on (%(cluster)s) (%(down)s)
                   and on (%(cluster)s) (%(recentTargets)s or %(probeNow)s == 1)
               ||| % words { recentTargets: recent('oss_cname_exporter_targets'), probeUp: m('up', isProbe, '9m'), probeNow: m('up', isProbe), named: m('up', 'job=~"%s"' % config.jobPattern), down: downExporters },
               {
                 en: {
                   summary: '{{ $value }} targets of job {{ $labels.job }} get no answer from /probe',
                   description: 'An exporter is up, and refuses their parameters (400), or takes too long. up == 0 says which. These domains are not watched.',
                 },
                 zh: {
                   summary: 'job {{ $labels.job }} 有 {{ $value }} 个目标从 /probe 得不到应答',
                   description: 'exporter 在线，但拒绝了它们的参数（400）或耗时过长，up == 0 可列出它们。这些域名未被监控。',
                 },
               },
               'refused',
             )
             + ofExporter(
               'OSSCnameNotAsked',
               |||
                 (max by (%(source)s) (%(recentTargets)s) == 0 unless on (%(source)s) %(shards)s > 1
                   or sum by (%(group)s) (%(recentTargets)s and on (%(source)s) %(shards)s > 1) == 0)
                   unless on (%(cluster)s) %(probeNow)s
               ||| % words { recentTargets: recent('oss_cname_exporter_targets'), shards: recent('oss_cname_exporter_shards'), probeNow: m('up', isProbe) },
               {
                 en: {
                   summary: 'oss_cname_exporter {{ if $labels.instance }}{{ $labels.instance }}{{ else }}of job {{ $labels.job }}{{ end }} has no targets',
                   description: 'The configuration in force names no domain, and no target is probed, so no domain is watched.',
                 },
                 zh: {
                   summary: 'oss_cname_exporter {{ if $labels.instance }}{{ $labels.instance }}{{ else }}（job {{ $labels.job }}）{{ end }} 没有目标',
                   description: '当前生效的配置没有任何域名，也没有通过 /probe 查询，因此没有监控任何域名。',
                 },
               },
               'empty',
             )
             + ofExporter(
               'OSSCnameReloadRefused',
               'max by (%(source)s) (%(successful)s) == 0' % words { successful: recent('oss_cname_exporter_config_last_reload_successful') },
               {
                 en: {
                   summary: 'oss_cname_exporter {{ $labels.instance }} refuses its configuration',
                   description: 'The one before stays in force. Domains that were added since are not watched.',
                 },
                 zh: {
                   summary: 'oss_cname_exporter {{ $labels.instance }} 拒绝了新的配置',
                   description: '之前的配置继续生效，此后新增的域名未被监控。',
                 },
               },
             )
             + ofExporter(
               'OSSCnameClockSkew',
               'abs(max by (%(source)s) (%(skew)s)) > %(limit)d' % words { skew: recent('oss_cname_exporter_clock_skew_seconds'), limit: config.clockSkewSeconds },
               {
                 en: {
                   summary: 'The clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} off',
                   description: 'OSS refuses every request beyond 15 minutes. Countdowns that the exporter decides are off as well.',
                 },
                 zh: {
                   summary: '{{ $labels.instance }} 的时钟相差 {{ $value | humanizeDuration }}',
                   description: '超过 15 分钟时 OSS 会拒绝所有请求。exporter 判定的倒计时也会有同样的偏差。',
                 },
               },
             )
             + ofExporter(
               'OSSCnameRulesLate',
               |||
                 (count(%(problem)s == 1) unless on () oss_cname:said_at)
                 or count(increase(prometheus_rule_group_iterations_missed_total{rule_group=~".+;oss_cname"}[10m]) > 0)
                 or count(increase(prometheus_rule_evaluation_failures_total{rule_group=~".+;oss_cname"}[10m]) > 0)
               ||| % words { problem: m('oss_cname_problem') },
               {
                 en: {
                   summary: 'The rules of oss_cname_exporter are not evaluated, or late',
                   description: 'Prometheus fails or misses evaluations of the group oss_cname. Until it is mended, alerts about domains end or come late. Its page /rules has the error.',
                 },
                 zh: {
                   summary: 'oss_cname_exporter 的规则未被计算，或计算延迟',
                   description: 'Prometheus 计算规则组 oss_cname 失败或错过计算。修复之前，域名的告警会消失或延迟。错误信息见其 /rules 页面。',
                 },
               },
             ),
    }],
  },
}
