// The recording rules: what is wrong with each domain, whichever exporter said so. None reads itself.
{
  local config = $._config,
  local problems = import 'problems.libsonnet',
  local list(labels) = std.join(', ', labels),
  local cluster = config.groupLabels[0],
  local group = list(config.groupLabels),
  local selector(matchers) = (local all = std.join(', ', std.filter(function(x) x != '', matchers)); if all == '' then '' else '{' + all + '}'),
  local m(name, matchers='', range='') = name + selector([matchers, config.selector]) + (if range == '' then '' else '[%s]' % range),

  // kind is the label "problem" of an alert without its prefix.
  local kind(name) = std.lstripChars(std.join('', [if std.asciiUpper(c) == c then '_' + std.asciiLower(c) else c for c in std.stringChars(name)]), '_'),
  local resting(check) = std.join('|', [kind(name) for name in std.objectFields(problems) if std.member(problems[name].restsOn, check)]),
  local forgotten = std.join('|', [kind(name) for name in std.objectFields(problems) if !std.get(problems[name], 'lastWord', true)]),
  local checks = std.set(std.flattenArrays([problems[name].restsOn for name in std.objectFields(problems)])),
  local timed = std.join('|', std.filter(function(check) !std.member(['bound', 'exists', 'target'], check), checks)),

  // words are shared with the alerts.
  words:: {
    cluster: cluster,
    group: group,
    source: list(config.groupLabels + ['instance']),
    domain: list(config.groupLabels + ['bucket', 'cname']),
    sight: list(config.groupLabels + ['instance', 'bucket', 'cname']),
    memory: config.memory,
    exporterMemory: config.exporterMemory,
    lag: config.replicaLag,
    forgotten: forgotten,
    optional: 'dns_cname|http',  // problems rest on those of them that are switched on
    timed: timed,
    targets: m('oss_cname_exporter_targets'),
    loaded: m('oss_cname_exporter_config_last_reload_success_timestamp_seconds'),
    up: m('up'),
    // Scrape targets that are or were exporters, and jobs that are or were those of /probe.
    known: 'last_over_time(oss_cname:seen_at[%s])' % config.exporterMemory,
    isProbe: 'instance=~".+/.+"',  // of a /probe the instance is bucket/cname, as in our examples
    shardsMissing: |||
      max by (%(group)s) (last_over_time(%(shards)s))
        - on (%(group)s) count by (%(group)s) (count_values by (%(group)s) ("number", last_over_time(%(shard)s))) > 0
    ||| % { group: group, shards: m('oss_cname_exporter_shards', range='5m'), shard: m('oss_cname_exporter_shard', range='5m') },
    m:: m,
    kind:: kind,
  },
  local words = $.words,
  local checked(expr, check) = 'label_replace(%s, "check", "%s", "", "")' % [expr, check],
  local aggregated = if config.ownLabels == null
  then 'without (%s)' % list(['check'] + config.scrapeLabels)
  else 'by (%s)' % list(config.groupLabels + ['bucket', 'cname', 'problem', 'severity'] + config.ownLabels),

  prometheusRules+:: {
    groups+: [{
      name: 'oss_cname',
      rules: [
        {
          comment:: 'When each exporter was last scraped, with a checksum of its targets, and when a job last had answers of /probe.',
          record: 'oss_cname:seen_at',
          expr: |||
            time() + 0 * count_values by (%(source)s) ("targets", %(checksum)s)
            or
            time() * group by (%(group)s) (%(probes)s)
          ||| % words { checksum: m('oss_cname_exporter_targets_checksum'), probes: m('oss_cname_token_probe_success', words.isProbe) },
        },
        {
          comment:: |||
            Exporters that were lost: they are no scrape targets any more, no exporter of their job has loaded its
            configuration since, and no other exporter watches the same targets.
          |||,
          record: 'oss_cname:lost',
          expr: |||
            (last_over_time(oss_cname:seen_at{targets!~"0?"}[%(memory)s]) unless on (%(source)s) %(up)s unless on (%(cluster)s, targets) oss_cname:seen_at)
            unless on (%(source)s) (
              last_over_time(oss_cname:seen_at{targets!~"0?"}[%(memory)s]) < on (%(group)s) group_left () (max by (%(group)s) (%(loaded)s) + 900)
            )
          ||| % words,
        },
        {
          comment:: 'When no exporter was missing or down, the last time.',
          record: 'oss_cname:complete',
          expr: |||
            time() * group by (%(cluster)s) (%(targets)s)
              unless on (%(cluster)s) (%(up)s == 0 and on (%(source)s) %(known)s)
              unless on (%(cluster)s) oss_cname:lost
              unless on (%(cluster)s) (%(shardsMissing)s  )
          ||| % words { shardsMissing: std.strReplace(words.shardsMissing, '\n', '\n  ') },
        },
        {
          comment:: 'When each exporter last said that a domain has a problem.',
          record: 'oss_cname:said_at',
          expr: 'time() * (%s == 1)\n' % m('oss_cname_problem'),
        },
        {
          comment:: 'The same as long as that is its last word.',
          record: 'oss_cname:last_word',
          expr: 'last_over_time(oss_cname:said_at[%s]) and last_over_time(%s) == 1\n' % [words.memory, m('oss_cname_problem', range=words.memory)],
        },
        {
          comment:: 'The same once for each check that the problem rests on.',
          record: 'oss_cname:said',
          expr: std.join('or ', [
            'label_replace(oss_cname:last_word{problem=~"%s"}, "check", "%s", "", "")\n' % [resting(check), check]
            for check in checks
          ]),
        },
        {
          comment:: 'When the exporters last got an answer about these domains, by check. "target" is when a domain was last configured.',
          record: 'oss_cname:answer',
          expr: |||
            %(token)s
            or (%(check)s and on (bucket, cname) oss_cname:said)
            or %(target)s
            or time() + 0 * (
              oss_cname:said{check=~"bound|exists"} and on (%(cluster)s, cname) %(bound)s == 1
              or oss_cname:said{check="exists"} and on (%(cluster)s, bucket, cname) %(exists)s == 1
            )
          ||| % words {
            token: checked(m('oss_cname_token_last_success_timestamp_seconds') + ' and on (bucket, cname) oss_cname:said', 'token'),
            check: m('oss_cname_check_last_success_timestamp_seconds'),
            target: 'time() + 0 * ' + checked(m('oss_cname_token_probe_success') + ' and on (bucket, cname) oss_cname:said', 'target'),
            bound: m('oss_cname_bound'),
            exists: m('oss_cname_token_exists'),
          },
        },
        {
          comment:: |||
            The problems of each domain.
            2: an exporter says so now, and no replica got a newer answer: also not before it was lost, unless the problem
            is that there are no answers.
            1: an exporter's last word, if no exporter has made the checks that the problem rests on since, and the domain was
            not left out of the configuration: it was not when all exporters were there. An optional check that never got an
            answer is not waited for.
          |||,
          record: 'oss_cname:problem',
          expr: |||
            topk by (%(domain)s, problem, severity) (1, max %(aggregated)s (
              2 * (
                %(problem)s == 1
                  unless on (%(sight)s, problem) (
                    oss_cname:said and on (%(domain)s, check) oss_cname:answer{check=~"%(timed)s"}
                      unless on (%(sight)s, check) (oss_cname:answer >= on (%(domain)s, check) group_left () (max by (%(domain)s, check) (oss_cname:answer <= time() + %(lag)d) - %(lag)d))
                    or
                    oss_cname:said{problem!~"check_failing|probe_failing"}
                      and on (%(sight)s, check) (oss_cname:answer < on (%(domain)s, check) group_left () (max by (%(domain)s, check) (last_over_time(oss_cname:answer[%(memory)s]) <= time() + %(lag)d) - %(lag)d))
                  )
              )
              or
              (
                (oss_cname:said{problem!~"%(forgotten)s"} or oss_cname:said{check="target"})
                  unless on (%(sight)s, problem, severity) %(problem)s == 1
                  unless on (%(sight)s, problem, check) (oss_cname:said{check=~"%(optional)s"} unless on (%(cluster)s, bucket, cname, check) last_over_time(oss_cname:answer[%(memory)s]))
                  unless on (%(sight)s, problem, severity, check) (
                    oss_cname:said < on (%(cluster)s, bucket, cname, check) group_left ()
                      max by (%(cluster)s, bucket, cname, check) (oss_cname:answer or last_over_time(oss_cname:answer[%(memory)s]) - %(lag)d)
                  )
                  unless on (%(sight)s) (
                    (oss_cname:said < on (%(cluster)s) group_left () (last_over_time(oss_cname:complete[%(memory)s]) - 300))
                      unless on (%(cluster)s, bucket, cname) (last_over_time(oss_cname:answer{check="target"}[%(memory)s]) >= on (%(cluster)s) group_left () (last_over_time(oss_cname:complete[%(memory)s]) - 300))
                      unless on (%(source)s) %(up)s == 0
                  )
              ) > bool 0
            ))
          ||| % words { aggregated: aggregated, problem: m('oss_cname_problem') },
        },
      ],
    }],
  },
}
