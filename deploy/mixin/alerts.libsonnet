// What an operator of OSS CNAME tokens wants to be told, and when.
{
  local config = $._config,
  local p = (import 'promql.libsonnet')(config),
  local words = {
    [name]: p[name]
    for name in ['group', 'source', 'domain', 'domainCheck', 'sight', 'cluster', 'missing', 'memory', 'named']
  } + {
    expiry: 'domain:oss_cname_token_expiry_timestamp_seconds:last',
    died: 'domain:oss_cname_token_died_timestamp_seconds:last',
    bound: 'domain:oss_cname_bound:last',
    seen: 'domain:oss_cname_seen_timestamp_seconds:last',
    sourceSeen: 'source:oss_cname_seen_timestamp_seconds:last',
    lastSuccess: 'domain:oss_cname_last_success_timestamp_seconds:last',
    failingSince: 'domain:oss_cname_failing_since_timestamp_seconds:last',
    success: p.m('oss_cname_token_probe_success'),
    exporterUp: 'last_over_time(%s)' % p.up(p.isExporter, p.missing),
    exporterUpMissing: p.up(p.isExporter, p.missing),
    exporterUpBefore: p.up(p.isExporter) + ' offset 5m',
    probeUp: 'last_over_time(%s)' % p.up(p.isProbe, p.missing),
    anyUp: 'last_over_time(%s)' % p.up(range=p.missing),
    someUp: 'max_over_time(%s) == 1' % p.up(range=p.missing),
    // A source is ours if it ever answered as one, or has a name that says so.
    ours: 'source:oss_cname_seen_timestamp_seconds:last or ' + p.up(p.named),
    isDown: p.up() + ' == 0 and on (%s) source:oss_cname_seen_timestamp_seconds:last' % p.source,
    // The shards of a job are not all there.
    shardsMissing: |||
      max by (%(group)s) (last_over_time(%(shards)s))
        - on (%(group)s) count by (%(group)s) (count_values by (%(group)s) ("shard_number", last_over_time(%(shard)s)))
        > 0
    ||| % { group: p.group, shards: p.m('oss_cname_exporter_shards', range=p.missing), shard: p.m('oss_cname_exporter_shard', range=p.missing) },
  },
  local recently(name, by) = 'max by (%s) (last_over_time(%s))' % [by, p.m(name, range=p.missing)],

  // of gives a value for each domain the domain's own labels; extra are labels of the value to keep.
  local of(expr, extra='') = |||
    (
      %s
    )
    + on (%s) group_right (%s)
    0 * %s
  ||| % [indent(expr), p.domain, extra, words.seen],
  // ofCheck is the same for values by check.
  local ofCheck(expr, checks, extra='') = |||
    (
      %s
    )
    + on (%s) group_right (%s)
    0 * (%s)
  ||| % [indent(expr), p.domainCheck, extra, std.join(' or ', [p.checked(words.seen, check) for check in checks])],
  local indent(text) = std.strReplace(std.rstripChars(text, '\n'), '\n', '\n  '),
  // because adds the label reason, which the texts name, and which is no part of an alert's identity.
  local because(expr) = |||
    0 * domain:oss_cname_failure_reason:last + on (%(domainCheck)s) group_left () (%(expr)s)
    or on (%(domainCheck)s)
    %(expr)s
  ||| % { domainCheck: p.domainCheck, expr: expr },
  local withoutReason = { reason: '' },

  // Moments are told in full: a text is read long after it was written.
  local at = '{{ ($value | toTime).Format "2006-01-02 15:04" }} UTC',
  local domain = '{{ $labels.cname }}',
  local bucket = '{{ $labels.bucket }}',
  local exporter = '{{ $labels.instance }}',

  local base(name) = config.alerts[name],
  local rule(name, severity, expr, summary, description, url, extraLabels={}, more={}) =
    (if std.objectHas(more, 'comment') then { comment:: more.comment } else {})
    + {
      alert: name,
      expr: if std.endsWith(expr, '\n') then expr else expr + '\n',
      [if std.objectHas(base(name), 'for') then 'for']: base(name)['for'],
      [if std.objectHas(more, 'keep_firing_for') then 'keep_firing_for']: more.keep_firing_for,
      labels: { severity: severity } + extraLabels,
      annotations: {
        summary: summary,
        description: description,
        runbook_url: config.runbookURLPattern % std.asciiLower(name),
        dashboard_url: url,
      },
    },
  // alert is there unless it is switched off; so is each severity of one that has two.
  local alert(name, expr, summary, description, url=config.domainURLPattern, labels={}, more={}) =
    if base(name).enabled then [rule(name, base(name).severity, expr, summary, description, url, labels, more)] else [],
  local twice(name, expr, warning, critical, summary, description) =
    if !base(name).enabled then [] else
      (if base(name).warning then [rule(name, 'warning', expr(warning), summary, description, config.domainURLPattern)] else [])
      + (if base(name).critical then [rule(name, 'critical', expr(critical), summary, description, config.domainURLPattern)] else []),
  local ofExporter(name, expr, summary, description, labels={}, more={}) =
    alert(name, expr, summary, description, config.dashboardURLPattern, labels, more),

  local pendingWithin(hours) = |||
    %(expiry)s < time() + %(hours)s
    unless %(bound)s == 1
    unless on (%(domain)s) %(died)s
  ||| % words { hours: p.hours(hours) },
  // Where the binding is not checked nobody can tell that the domain was bound after all, so that the alert ends by itself.
  local dead = |||
    (
      %(died)s > time() - 24 * 3600
      or
      %(died)s and on (%(domain)s) %(bound)s == 0
    )
    unless on (%(domain)s) %(expiry)s > time()
  ||| % words,
  local unused(yes, no) = '{{ if eq $labels.watched "yes" }}%s{{ else }}%s{{ end }}' % [yes, no],

  prometheusAlerts+:: {
    groups+: [
      {
        name: 'oss_cname_tokens',
        rules:
          twice(
            'OSSCnameTokenExpiresSoon',
            function(hours) of(pendingWithin(hours)),
            config.tokenWarningHours,
            config.tokenCriticalHours,
            'The CNAME token of %s expires at %s' % [domain, at],
            'Bind %s to the bucket %s before %s: after that it takes a new token and a new TXT record.' % [domain, bucket, at],
          )
          + alert(
            'OSSCnameTokenExpired',
            of(dead, 'watched'),
            'The CNAME token of %s %s %s' % [domain, unused('expired unused at', 'is gone: its time was up at'), at],
            "%s %s can't be bound to %s until there is a new token and a TXT record that carries it. If the binding is not checked, this alert ends a day after the token." % [
              unused('OSS still held it when it was asked last before that.', 'Nobody could look at that time, so it may have been used before. If not,'),
              domain,
              bucket,
            ],
            labels={ watched: '' },
          )
          + alert(
            'OSSCnameTokenMissing',
            of('%(bound)s == 0 and domain:oss_cname_token_exists:last == 0 unless on (cname) %(bound)s == 1' % words),
            '%s is not bound and has no CNAME token' % domain,
            'Nobody can bind %s to %s as it is: create a token, or stop watching the domain.' % [domain, bucket],
          )
          + alert(
            'OSSCnameTXTMissing',
            of(pendingWithin(config.tokenWarningHours) + 'and domain:oss_cname_token_dns_verified:last == 0'),
            'No TXT record proves %s, and its token expires at %s' % [domain, at],
            "OSS won't bind %s before the TXT record _dnsauth.{{ reReplaceAll \"^[*][.]\" \"\" $labels.cname }} carries the token; the token is valid until %s." % [domain, at],
          )
          + alert(
            'OSSCnameReadyToBind',
            of(|||
              %(expiry)s > time()
              and domain:oss_cname_token_dns_verified:last == 1
              and %(bound)s == 0
            ||| % words),
            '%s is proven, and nobody binds it' % domain,
            'Token and TXT record of %s agree: bind it to %s before %s.' % [domain, bucket, at],
          ),
      },
      {
        name: 'oss_cname_bindings',
        rules:
          alert(
            'OSSCnameDomainUnbound',
            // A domain that another watched bucket has now was moved.
            of('domain:oss_cname_bound_timestamp_seconds:last and %(bound)s == 0 unless on (cname) %(bound)s == 1' % words),
            '%s is no longer bound to %s' % [domain, bucket],
            'OSS last said that it is bound at %s. No watched bucket has it now: its visitors get errors, and another bucket may bind it.' % at,
          )
          + alert(
            'OSSCnameDomainDisabled',
            of(|||
              0 * domain:oss_cname_binding_status:last + on (%(domain)s) group_left () (domain:oss_cname_enabled:last == 0)
              or on (%(domain)s)
              domain:oss_cname_enabled:last == 0
            ||| % words, 'status'),
            'OSS refuses to serve %s' % domain,
            '%s is bound to %s, and OSS does not serve it{{ with $labels.status }} (%s){{ end }}: its visitors get errors.' % [domain, bucket, '{{ . }}'],
            labels={ status: '' },
          )
          + alert(
            'OSSCnameDangling',
            of(|||
              domain:oss_cname_dns_destination:last{destination=~"bucket|other_bucket|oss"}
              and on (%(domain)s) (
                %(bound)s == 0
                or
                group by (%(domain)s) (domain:oss_cname_failure_reason:last{reason="bucket_not_found"})
              )
              unless on (cname) %(bound)s == 1
            ||| % words, 'destination'),
            '%s leads to OSS, and no bucket that is watched has it' % domain,
            'The CNAME record of %s leads to {{ if eq $labels.destination "bucket" }}%s, which is gone or not bound to it{{ else }}OSS, and %s is not bound to it{{ end }}: whoever gets hold of that name gets its visitors. Bind the domain or delete the record.' % [domain, bucket, bucket],
            labels={ destination: '' },
          )
          + twice(
            'OSSCnameCertificateExpiresSoon',
            function(days) of('domain:oss_cname_certificate_expiry_timestamp_seconds:last < time() + ' + p.days(days)),
            config.certificateWarningDays,
            config.certificateCriticalDays,
            'The certificate of %s is valid until %s' % [domain, at],
            'Upload a new certificate for %s to the bucket %s: OSS goes on serving the old one, also when it has expired.' % [domain, bucket],
          ),
      },
      {
        name: 'oss_cname_probes',
        rules:
          alert(
            'OSSCnameProbeFailing',
            ofCheck(because('%s{check="token"} < time() - %s' % [words.failingSince, p.minutes(config.probeFailingMinutes)]), ['token'], 'reason'),
            'OSS has not answered about %s since %s{{ with $labels.reason }}: {{ . }}{{ end }}' % [domain, at],
            'Every attempt of account {{ $labels.account }} in {{ $labels.region }} has failed since. What was known of %s still counts down; whether it has changed nobody knows.' % domain,
            labels={ check: '' } + withoutReason,
            more={ keep_firing_for: '10m', comment: 'The reason is in the text only: one outage has many, and is one alert.' },
          )
          + alert(
            'OSSCnameTargetNeverAnswered',
            of('%s{check="token"} < time() - %s unless on (%s) %s{check="token"}' % [words.failingSince, p.minutes(config.neverAnsweredMinutes), p.domain, words.lastSuccess]),
            'OSS has never answered about %s' % domain,
            'It has been asked in vain since %s. Nothing is known of %s in %s, so no other alert can speak of it. Is the entry right?' % [at, domain, bucket],
          )
          + alert(
            'OSSCnameFactsStale',
            of('%s{check="token"} < time() - %s and on (%s) %s{check="token"}' % [words.lastSuccess, p.hours(config.factsStaleHours), p.domain, words.failingSince]),
            'What is known of %s is from %s' % [domain, at],
            'OSS has answered no question about %s since. A token that was created, used or renewed since then is not seen.' % domain,
          )
          + alert(
            'OSSCnameCheckFailing',
            ofCheck(because('%s{check!="token"} < time() - %s' % [words.failingSince, p.minutes(config.checkFailingMinutes)]), ['binding', 'dns_txt', 'dns_cname'], 'reason'),
            'The check {{ $labels.check }} of %s has failed since %s{{ with $labels.reason }}: {{ . }}{{ end }}' % [domain, at],
            "What {{ $labels.check }} would tell of %s is not known any more; the token's countdown is not affected." % domain,
            labels=withoutReason,
            more={ keep_firing_for: '10m' },
          )
          + ofExporter(
            'OSSCnameReplicaBlind',
            |||
              count by (%(source)s) (
                max by (%(sight)s) (max_over_time(%(successes)s)) == 0
                unless on (%(domain)s) %(failingSince)s{check="token"}
              ) > 0
            ||| % words { successes: p.m('oss_cname_token_probe_success', range='15m') },
            'oss_cname_exporter %s is blind: it gets no answers that others get' % exporter,
            '{{ $value }} domains are answered to another exporter and not to this one. While the other lives nothing is lost.',
          ),
      },
      {
        name: 'oss_cname_exporter',
        rules:
          ofExporter(
            'OSSCnameExporterDown',
            |||
              (%(sourceSeen)s < time() - 300) + %(memory)s and on (%(source)s) %(exporterUp)s == 0
              or on (%(source)s)
              max by (%(source)s) (max_over_time(%(exporterUpMissing)s) == 0 and on (%(source)s) %(exporterUpBefore)s == 0 and on (%(source)s) (%(ours)s)) unless on (%(source)s) %(sourceSeen)s
              or
              count by (%(group)s) (%(probeUp)s == 0 and on (%(group)s) (%(ours)s))
                unless on (%(group)s) %(probeUp)s == 1
                unless on (%(cluster)s) (%(exporterUp)s and on (%(source)s) (%(ours)s))
            ||| % words,
            'oss_cname_exporter {{ if $labels.instance }}%s{{ else }}behind job {{ $labels.job }}{{ end }} is down' % exporter,
            "Prometheus can't scrape it. What it said last counts down {{ if gt $value 1e6 }}until %s{{ else }}for some time{{ end }}, and nobody sees what changes." % at,
          )
          + ofExporter(
            'OSSCnameProbeUnanswered',
            |||
              max without (%(others)s) (%(probeUp)s == 0 and on (%(group)s) (%(ours)s))
              and on (%(cluster)s) (%(someUp)s and on (%(source)s) (%(ours)s))
            ||| % words { others: std.join(', ', std.filter(function(l) l != 'instance', config.scrapeLabels)) },
            '/probe of %s is not answered' % exporter,
            'An exporter is up, and Prometheus gets no answer to /probe of {{ $labels.instance }}: it is refused (400) because of its parameters, or takes too long. Nobody watches the domain.',
          )
          + ofExporter(
            'OSSCnameExporterAbsent',
            'absent(%(anyUp)s and on (%(source)s) (%(ours)s))' % words,
            'No oss_cname_exporter is scraped',
            'Prometheus has no exporter among its scrape targets: nobody watches the CNAME tokens.',
          )
          + ofExporter(
            'OSSCnameExporterLost',
            |||
              count by (%(group)s) (%(seen)s < time() - %(missingSeconds)s)
              unless on (%(group)s) (%(isDown)s)
              unless on (%(group)s) (
                %(shardsMissing)s
              )
              and on () (%(someUp)s and on (%(source)s) (%(ours)s))
            ||| % words { missingSeconds: p.minutes(config.missingMinutes), shardsMissing: indent(words.shardsMissing) },
            'An exporter of job {{ $labels.job }} is gone, and nobody watches {{ $value }} of its domains',
            'They were last seen on an exporter that is no longer a scrape target, and no other one has them. What it said last is remembered for %d hours.' % config.memoryHours,
          )
          + ofExporter(
            'OSSCnameShardMissing',
            words.shardsMissing,
            '{{ $value }} shards of job {{ $labels.job }} are missing',
            'The exporters of the job say that there are more of them than Prometheus scrapes: nobody watches the domains of the others.',
          )
          + ofExporter(
            'OSSCnameNoTargets',
            |||
              (
                max by (%(source)s) (%(targets)s) == 0 unless on (%(source)s) %(shards)s > 1
                or
                sum by (%(group)s) (max by (%(source)s) (%(targets)s) and on (%(source)s) %(shards)s > 1) == 0
              )
              unless on (%(cluster)s) %(sourceSeen)s{%(isProbe)s}
            ||| % words {
              targets: 'last_over_time(%s)' % p.m('oss_cname_exporter_targets', range=p.missing),
              shards: 'last_over_time(%s)' % p.m('oss_cname_exporter_shards', range=p.missing),
              isProbe: p.isProbe,
            },
            'oss_cname_exporter {{ if $labels.instance }}%s{{ else }}in job {{ $labels.job }}{{ end }} has no targets' % exporter,
            'The configuration in force names no domain, so nothing is watched.',
          )
          + ofExporter(
            'OSSCnameReloadRefused',
            recently('oss_cname_exporter_config_last_reload_successful', p.source) + ' == 0',
            'oss_cname_exporter %s refuses its configuration' % exporter,
            'The one before stays in force: domains that were added since are not watched.',
          )
          + ofExporter(
            'OSSCnameClockSkew',
            'abs(%s) > %d' % [recently('oss_cname_exporter_clock_skew_seconds', p.source), config.clockSkewSeconds],
            'The clock of %s is {{ $value | humanizeDuration }} off' % exporter,
            "Beyond 15 minutes OSS refuses every request. The alerts' countdowns are those of Prometheus' clock.",
          ),
      },
    ],
  },
}
