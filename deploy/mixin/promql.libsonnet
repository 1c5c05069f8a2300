// The vocabulary of the rules: the labels that they match on, and the expressions that several of them share.
function(config) {
  local p = self,
  local list(labels) = std.join(', ', labels),

  // What an exporter, a domain, and a domain as one exporter sees it are told apart by.
  group: list(config.groupLabels),
  source: list(config.groupLabels + ['instance']),
  domain: list(config.groupLabels + ['bucket', 'cname']),
  domainCheck: list(config.groupLabels + ['bucket', 'cname', 'check']),
  sight: list(config.groupLabels + ['instance', 'bucket', 'cname']),
  sightCheck: list(config.groupLabels + ['instance', 'bucket', 'cname', 'check']),
  cluster: config.clusterLabel,
  scrapeLabels: list(config.scrapeLabels),
  missing: '%dm' % config.missingMinutes,

  // m selects a series of the exporter's.
  m(name, matchers='', range=''):: name
                                   + (local all = std.join(', ', std.filter(function(x) x != '', [matchers, config.selector])); if all == '' then '' else '{' + all + '}')
                                   + (if range == '' then '' else '[%s]' % range),
  // up selects Prometheus' own series about a scrape; of a /probe the instance is bucket/cname, as in our examples.
  up(matchers='', range=''):: p.m('up', matchers, range),
  isProbe: 'instance=~".+/.+"',
  isExporter: 'instance!~".+/.+"',
  named: 'job=~"%s"' % config.jobPattern,

  // before is a recorded series as the evaluation before this one left it, or as the last did if Prometheus was away.
  // What ended then is not taken for what went on.
  before(record):: '(%(r)s or (last_over_time(%(r)s[%(gap)s]) unless on () oss_cname:evaluation_timestamp_seconds:last))' % { r: record, gap: config.gap },

  checked(expr, check):: 'label_replace(%s, "check", "%s", "", "")' % [expr, check],

  // seconds writes a duration in the unit that it is thought in.
  hours(n):: '%d * 3600' % n,
  days(n):: '%d * 86400' % n,
  minutes(n):: '%d * 60' % n,
  memory: p.hours(config.memoryHours),
}
