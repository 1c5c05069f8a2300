// What the alerts and the dashboard stand on: what is known of each domain, whoever asked.
//
// A rule that ends in :last remembers by reading itself. Its series go on where no exporter says better and end where one
// does, so the order of the rules within the group matters.
{
  local config = $._config,
  local p = (import 'promql.libsonnet')(config),

  local sourceSeen = 'source:oss_cname_seen_timestamp_seconds:last',
  local domainSeen = 'domain:oss_cname_seen_timestamp_seconds:last',
  local lastSuccess = 'domain:oss_cname_last_success_timestamp_seconds:last',
  local freshest = 'sight:oss_cname_last_success_timestamp_seconds:freshest',
  local failingSince = 'domain:oss_cname_failing_since_timestamp_seconds:last',
  local expiry = 'domain:oss_cname_token_expiry_timestamp_seconds:last',
  local died = 'domain:oss_cname_token_died_timestamp_seconds:last',

  local words = {
    [name]: p[name]
    for name in ['group', 'source', 'domain', 'domainCheck', 'sight', 'sightCheck', 'cluster', 'scrapeLabels', 'missing', 'memory', 'isProbe']
  } + {
    up: p.up(),
    upRecently: 'last_over_time(%s)' % p.up(range=p.missing),
    missingSeconds: p.minutes(config.missingMinutes),
    isDown: p.up() + ' == 0',
    targetInfo: p.m('oss_cname_token_target_info'),
    success: p.m('oss_cname_token_probe_success'),
    shard: p.m('oss_cname_exporter_shard'),
    shards: p.m('oss_cname_exporter_shards'),
    loaded: p.m('oss_cname_exporter_config_last_reload_success_timestamp_seconds'),
  },

  // When each source was last asked in vain or not: the token's answers are those of one more check.
  local lastSuccesses = |||
    %s
    or %s
    or on (%s)
    0 * (%s)
  ||| % [
    p.checked(p.m('oss_cname_token_last_success_timestamp_seconds'), 'token'),
    p.m('oss_cname_check_last_success_timestamp_seconds'),
    p.sightCheck,
    std.join(' or ', [
      p.checked(p.m(fact[0]), fact[1])
      for fact in [
        ['oss_cname_token_exists', 'token'],
        ['oss_cname_bound', 'binding'],
        ['oss_cname_token_dns_verified', 'dns_txt'],
        ['oss_cname_dns_points_to_endpoint', 'dns_cname'],

      ]
    ]),
  ],
  local switchedOff = std.join(' or ', [
    p.checked(p.m('oss_cname_token_target_info', 'checks=~"none|%s"' % check[0]), check[1])
    for check in [['dns', 'binding'], ['binding', 'dns_txt'], ['binding', 'dns_cname']]
  ]),
  local indent(text, by) = std.strReplace(std.rstripChars(text, '\n'), '\n', '\n' + by),

  // fact is what the freshest answer to a check says, or said last; label is one that it has besides the domain's.
  local fact(name, series, check, label='') = {
    record: 'domain:%s:last' % name,
    expr: |||
      (
        max by (%(domain)s%(label)s) (%(series)s and on (%(sight)s) %(freshest)s{check="%(check)s"})
        or
        %(before)s unless on (%(domain)s) %(freshest)s{check="%(check)s"}
      )
      and on (%(domain)s) %(lastSuccess)s{check="%(check)s"}
    ||| % words {
      series: series,
      freshest: freshest,
      lastSuccess: lastSuccess,
      check: check,
      label: if label == '' then '' else ', ' + label,
      before: p.before('domain:%s:last' % name),
    },
  },
  local same(series, check, label='') = fact(series, p.m(series), check, label),

  prometheusRules+:: {
    groups+: [{
      name: 'oss_cname_domains',
      rules: [
        {
          comment:: 'When each scrape target last was an exporter, or the /probe of one.',
          record: sourceSeen,
          expr: |||
            time() * group by (%(source)s) (%(buildInfo)s or %(success)s)
            or
            %(before)s > time() - %(memory)s
            or
            %(before)s and on (%(source)s) %(upRecently)s
          ||| % words { before: p.before(sourceSeen), buildInfo: p.m('oss_cname_exporter_build_info') },
        },
        {
          comment:: "Which domains are watched now, with their own labels, and the account and region that the exporter says, not the scrape's.",
          record: 'domain:oss_cname_watched:now',
          expr: |||
            group without (%(scrapeLabels)s, checks, exported_account, exported_region) (
              label_replace(
                label_replace(%(targetInfo)s, "account", "$1", "exported_account", "(.+)"),
                "region", "$1", "exported_region", "(.+)"
              )
            )
            or on (%(domain)s)
            group without (%(scrapeLabels)s) (%(success)s)
          ||| % words,
        },
        {
          comment:: |||
            When each domain was last watched. It ends
            1. when it is not in a successful scrape of a source that had it within the hour, unless the shards changed;
            2. when the exporters of the job are complete and up without it, and one of them has loaded its configuration
               since: a new pod with a new configuration;
            3. when Prometheus no longer probes it, though an exporter is up;
            4. when another job watches the domain;
            5. when it is older than the memory.
            Where two say the same of one domain, the labels that were there before stay.
          |||,
          record: domainSeen,
          expr: |||
            topk by (%(domain)s) (1,
              time() + 0.001 * (domain:oss_cname_watched:now and %(before)s)
              or
              time() * domain:oss_cname_watched:now
              or
              %(before)s > time() - %(memory)s
                unless on (%(cluster)s, bucket, cname) domain:oss_cname_watched:now
                unless on (%(domain)s) (
                  group by (%(sight)s) (last_over_time(%(successHour)s))
                    unless on (%(sight)s) %(success)s
                    and on (%(source)s) %(up)s == 1
                    unless on (%(source)s) changes(%(shardsHour)s) > 0
                )
                unless on (%(domain)s) (
                  (%(before)s < time() - %(missingSeconds)s)
                    < on (%(group)s) group_left () (900 + max by (%(group)s) (%(loaded)s))
                    and on (%(group)s) (count by (%(group)s) (count_values by (%(group)s) ("shard_number", %(shard)s)) >= max by (%(group)s) (%(shards)s))
                    unless on (%(group)s) (%(isDown)s and on (%(source)s) %(sourceSeen)s)
                )
                unless on (%(domain)s) (
                  label_join(%(before)s, "instance", "/", "bucket", "cname")
                    and on (%(source)s) %(sourceSeen)s
                    unless on (%(source)s) %(upRecently)s
                    and on (%(cluster)s) (%(up)s == 1 and on (%(source)s) %(sourceSeen)s and on (%(source)s) %(up)s offset %(missing)s == 1)
                )
            )
          ||| % words {
            before: p.before(domainSeen),
            sourceSeen: sourceSeen,
            successHour: p.m('oss_cname_token_probe_success', range='1h'),
            shardsHour: p.m('oss_cname_exporter_shards', range='1h'),
          },
        },
        {
          comment:: |||
            When a token died: its time came while nobody knew it to be gone. watched says whether it was still there within
            five minutes of its end. It ends with a new token, or once the domain is bound.
          |||,
          record: died,
          expr: |||
            (
              %(before)s
              or on (%(domain)s)
              (
                label_replace(%(expiry)s <= time() and on (%(domain)s) %(lastToken)s >= on (%(domain)s) %(expiry)s - 300, "watched", "yes", "", "")
                or on (%(domain)s)
                label_replace(%(expiry)s <= time(), "watched", "no", "", "")
              )
              unless on (%(domain)s) (
                max by (%(domain)s) (%(tokenSuccess)s and on (%(sight)s) %(exists)s == 0)
                  < on (%(domain)s) %(expiry)s - 60
                  > on (%(domain)s) %(lastToken)s
              )
            )
            unless on (%(domain)s) %(expiry)s > time()
            unless on (%(domain)s) domain:oss_cname_bound:last == 1
            and on (%(domain)s) %(domainSeen)s
          ||| % words {
            before: p.before(died),
            expiry: p.before(expiry),
            lastToken: p.before(lastSuccess + '{check="token"}'),
            tokenSuccess: p.m('oss_cname_token_last_success_timestamp_seconds'),
            exists: p.m('oss_cname_token_exists'),
            domainSeen: domainSeen,
          },
        },
        {
          comment:: 'When OSS or the DNS last answered, whichever exporter was told. What was found by a check that is switched off is forgotten.',
          record: lastSuccess,
          expr: |||
            max by (%(domainCheck)s) (
              %(lastSuccesses)s
              or
              %(before)s unless on (%(domainCheck)s) (%(switchedOff)s)
            )
            and on (%(domain)s) %(domainSeen)s
          ||| % words { before: p.before(lastSuccess), lastSuccesses: indent(lastSuccesses, '  '), switchedOff: switchedOff, domainSeen: domainSeen },
        },
        {
          comment:: 'The exporters that were given the freshest answer: theirs is the one that counts.',
          record: freshest,
          expr: |||
            (
              %(lastSuccesses)s
            )
            == on (%(domainCheck)s) group_left () %(lastSuccess)s
          ||| % words { lastSuccesses: indent(lastSuccesses, '  '), lastSuccess: lastSuccess },
        },
        same('oss_cname_token_exists', 'token'),
        same('oss_cname_token_expiry_timestamp_seconds', 'token'),
        same('oss_cname_bound', 'binding'),
        same('oss_cname_enabled', 'binding'),
        same('oss_cname_certificate_expiry_timestamp_seconds', 'binding'),
        same('oss_cname_token_dns_verified', 'dns_txt'),
        same('oss_cname_binding_status', 'binding', 'status'),
        {
          comment:: 'Exporters of before 1.0 only say whether it is the bucket.',
        } + fact(
          'oss_cname_dns_destination',
          '(%s or on (%s) label_replace(%s == 1, "destination", "bucket", "", ""))' % [p.m('oss_cname_dns_destination'), p.sight, p.m('oss_cname_dns_points_to_endpoint')],
          'dns_cname',
          'destination',
        ),
        {
          comment:: 'When OSS last said that the domain is bound.',
          record: 'domain:oss_cname_bound_timestamp_seconds:last',
          expr: |||
            max by (%(domain)s) (%(lastSuccess)s{check="binding"} and on (%(domain)s) domain:oss_cname_bound:last == 1)
            or
            %(before)s and domain:oss_cname_bound:last
          ||| % words { lastSuccess: lastSuccess, before: p.before('domain:oss_cname_bound_timestamp_seconds:last') },
        },
        {
          comment:: 'Since when every attempt of every exporter has failed.',
          record: failingSince,
          expr: |||
            (
              %(before)s unless on (%(domainCheck)s) (%(switchedOff)s)
              or on (%(domainCheck)s)
              time() * group by (%(domainCheck)s) (%(tokenFails)s or %(checkFails)s)
            )
            unless on (%(domainCheck)s) (%(tokenWorks)s or (%(checkWorks)s unless on (%(sightCheck)s) %(checkFails)s))
            and on (%(domain)s) %(domainSeen)s
          ||| % words {
            before: p.before(failingSince),
            switchedOff: switchedOff,
            domainSeen: domainSeen,
            tokenFails: p.checked(words.success + ' == 0', 'token'),
            tokenWorks: p.checked(words.success + ' == 1', 'token'),
            checkFails: p.m('oss_cname_check_failure_reason'),
            checkWorks: p.m('oss_cname_check_last_success_timestamp_seconds'),
          },
        },
        {
          comment:: 'Why, in most of the attempts of a quarter of an hour.',
          record: 'domain:oss_cname_failure_reason:last',
          expr: |||
            (
              topk by (%(domainCheck)s) (1, sum by (%(domainCheck)s, reason) (%(token)s or %(check)s))
              or on (%(domainCheck)s)
              %(before)s
            )
            and on (%(domainCheck)s) %(failingSince)s
          ||| % words {
            before: p.before('domain:oss_cname_failure_reason:last'),
            failingSince: failingSince,
            token: p.checked('count_over_time(%s)' % p.m('oss_cname_token_probe_failure_reason', range='15m'), 'token'),
            check: 'count_over_time(%s)' % p.m('oss_cname_check_failure_reason', range='15m'),
          },
        },
        {
          comment:: 'That the rules were evaluated. It is the last one.',
          record: 'oss_cname:evaluation_timestamp_seconds:last',
          expr: 'vector(time())\n',
        },
      ],
    }],
  },
}
