// The Grafana dashboard, on the same problems as the alerts. Every query is bounded, so that ten thousand domains are as quick
// as ten. A count of nothing is 0 only if the domains are asked about and answered, else it is "not known", and grey.
{
  local config = $._config,
  local words = $.words,
  local cluster = words.cluster,

  // The domains and the exporters that are chosen above the panels.
  local chosen = '%s=~"$cluster", job=~"$job"' % cluster,
  local ofDomains(name, matchers='') = '%s{%s, bucket=~"$bucket"%s}' % [name, chosen, if matchers == '' then '' else ', ' + matchers],
  local problem(matchers='') = ofDomains('oss_cname:problem', matchers),
  local fact(name) = ofDomains('oss_cname_' + name),
  local exporters(name) = 'max by (%s) (oss_cname_exporter_%s{%s, instance=~"$instance"})' % [words.source, name, chosen],
  local ofInstance(name) = 'oss_cname_%s{%s, instance=~"$instance"}' % [name, chosen],

  local asked = fact('token_probe_success'),
  local unanswered = '(%s or oss_cname_account_problem{%s} == 1 or %s == 0)' % [problem('problem=~"probe_failing|check_failing"'), chosen, asked],
  // number counts, and is 0 only where of says that there is something to count.
  local number(expr, of) = 'count(%s) or 0 * count(%s) unless on () %s' % [expr, of, unanswered],
  // When the certificate ends that visitors get, if it is valid for the domain, else the one that is bound.
  local certificate = '(%s and on (%s) %s == 1 or %s)' % [fact('tls_certificate_expiry_timestamp_seconds'), words.domain, fact('tls_certificate_matches'), fact('certificate_expiry_timestamp_seconds')],
  // When the token ends that a domain needs, else its certificate.
  local ends = 'max by (%(domain)s) (%(token)s unless on (%(domain)s) %(bound)s == 1 or on (%(domain)s) %(certificate)s) - time()' % {
    domain: words.domain,
    token: fact('token_expiry_timestamp_seconds'),
    bound: fact('bound'),
    certificate: certificate,
  },
  local never = 1e12,  // the time left of what has no end
  local first = 'bottomk(100, %s or on (%s) %d + 0 * max by (%s) (%s))' % [ends, words.domain, never, words.domain, asked],
  local worst = 'topk(100, 10 * %s or %s)' % [problem('severity="critical"'), problem('severity="warning"')],

  local datasource = { type: 'prometheus', uid: '${datasource}' },
  local query(expr, legend='', more={}) = { datasource: datasource, expr: expr, legendFormat: legend } + more,
  local instant = { instant: true, range: false },
  local table = instant { format: 'table' },

  local steps(colors) = { mode: 'absolute', steps: [{ color: c[0], value: c[1] } for c in colors] },
  local none = steps([['text', null]]),
  // The color of no value is grey: what is not known is not fine.
  local bad(color) = steps([['text', null], ['green', 0], [color, 1]]),
  local mapping(texts) = [{ type: 'value', options: { [key]: texts[key] { index: 0 } for key in std.objectFields(texts) } }],

  local panel(type, title, description, at, queries, options, defaults={}, overrides=[], transformations=[]) = {
    type: type,
    title: title,
    description: description,
    datasource: datasource,
    gridPos: at,
    targets: [queries[i] { refId: std.char(65 + i) } for i in std.range(0, std.length(queries) - 1)],
    options: options,
    fieldConfig: { defaults: { thresholds: none, unit: 'short' } + defaults, overrides: overrides },
    transformations: transformations,
  },
  local stat(title, description, x, width, expr, thresholds, more={}) = panel(
    'stat',
    title,
    description,
    { h: 4, w: width, x: x, y: 0 },
    [query(expr, '', instant)],
    {
      colorMode: 'background_solid',
      graphMode: 'none',
      justifyMode: 'auto',
      orientation: 'auto',
      textMode: 'value',
      wideLayout: true,
      percentChangeColorMode: 'standard',
      showPercentChange: false,
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
    { thresholds: thresholds, noValue: 'not known' } + more,
  ),
  local series(title, description, x, y, queries, defaults={}, custom={}, overrides=[]) = panel(
    'timeseries',
    title,
    description,
    { h: 8, w: 12, x: x, y: y },
    queries,
    { legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'asc' } },
    { custom: { fillOpacity: 10, lineWidth: 1, showPoints: 'never' } + custom } + defaults,
    overrides,
  ),
  local stacked = { stacking: { mode: 'normal', group: 'A' }, fillOpacity: 40 },
  local row(title, y) = { type: 'row', title: title, collapsed: false, gridPos: { h: 1, w: 24, x: 0, y: y }, panels: [] },

  local column(name, properties) = {
    matcher: { id: 'byName', options: name },
    properties: [{ id: id, value: properties[id] } for id in std.objectFields(properties)],
  },
  local cell = { align: 'left', cellOptions: { type: 'auto' }, inspect: false },
  local colored = { type: 'color-text' },

  local verdict(no, yes) = mapping({ '0': { text: no, color: 'orange' }, '1': { text: yes, color: 'green' } }),
  // The hundred served certificates that end first, and facts about those.
  local servedFirst = 'bottomk(100, max by (%s) (%s))' % [words.domain, fact('tls_certificate_expiry_timestamp_seconds')],
  local served(of, name, more='') = '%s by (%s) (%s)%s and on (%s) %s' % [of, words.domain, fact(name), more, words.domain, servedFirst],
  local severities = { critical: { color: 'red' }, warning: { color: 'orange' } },
  local states = {
    unknown: { color: 'text' },
    token_missing: { color: 'orange' },
    awaiting_dns: { color: 'yellow' },
    token_expired: { color: 'red' },
    ready_to_bind: { color: 'blue' },
    bound: { color: 'green' },
    disabled: { color: 'dark-red' },
  },
  local toBucket = [{ title: 'This bucket alone', url: '/d/%s?var-job=${__data.fields.job}&var-bucket=${__data.fields.bucket}' % config.dashboardUID }],
  local toProblem = [{ title: 'What it means', url: config.problemsURL, targetBlank: true }],
  local left = { unit: 'dtdurations', decimals: 1, mappings: [{ type: 'range', options: { from: never / 2, to: null, result: { index: 0, text: 'no end known' } } }] },

  local panels = [
    stat('Domains', 'Domains that exporters tell of now.', 0, 3, 'count(group by (%s) (%s))' % [words.domain, asked], none),
    stat('Critical', 'Critical problems. Not known while any domain is not answered.', 3, 3, number(problem('severity="critical"'), asked), bad('red')),
    stat('Warnings', 'Problems that are warnings. Not known while any domain is not answered.', 6, 3, number(problem('severity="warning"'), asked), bad('orange')),
    stat('Not answered', 'Domains about which the last attempt to ask OSS failed.', 9, 3, 'count(%s == 0) or 0 * count(%s)' % [asked, asked], bad('red')),
    stat('Visitors get errors', 'Domains that are not served, not reached, not bound any more, or that another account may take over. Not known without the binding check.', 12, 3, number(problem('problem=~"dangling|domain_unbound|not_reachable|not_served"'), fact('bound')), bad('red')),
    stat('Next token', 'When the next token ends of a domain that is not bound.', 15, 3, 'min(%s - time() unless on (%s) %s == 1)' % [fact('token_expiry_timestamp_seconds'), words.domain, fact('bound')], none, { unit: 'dtdurations', decimals: 0, noValue: 'no token' }),
    stat('Next certificate', 'When the next certificate ends. Needs the check binding or http.', 18, 3, 'min(%s) - time()' % certificate, none, { unit: 'dtdurations', decimals: 0, noValue: 'none known' }),
    stat('Oldest answer', 'How long ago OSS last answered about the domain of which it answered longest ago.', 21, 3, 'time() - min(%s)' % fact('token_last_success_timestamp_seconds'), none, { unit: 's', decimals: 0 }),

    panel(
      'table',
      'What needs action',
      'The problems: critical ones first. The hundred worst. Time left is that of the token, else of the certificate.',
      { h: 10, w: 24, x: 0, y: 4 },
      [
        query(worst, '', table),
        query('0 * (%s) + on (%s) group_left () (%s)' % [worst, words.domain, ends], '', table),
      ],
      { cellHeight: 'sm', showHeader: true, frameIndex: 0 },
      { custom: cell { filterable: true }, thresholds: none, unit: 'none' },
      [
        column('severity', { 'custom.cellOptions': colored, 'custom.width': 100, mappings: mapping(severities) }),
        column('problem', { 'custom.width': 220, links: toProblem }),
        column('domain', { 'custom.width': 320 }),
        column('bucket', { 'custom.width': 400, links: toBucket }),
        column('time left', left { 'custom.width': 230 }),
      ],
      [
        { id: 'merge', options: {} },
        { id: 'sortBy', options: { fields: {}, sort: [{ field: 'Value #A', desc: true }] } },
        {
          id: 'organize',
          options: {
            excludeByName: { [name]: true for name in ['Time', '__name__', 'Value #A'] },
            indexByName: { severity: 0, problem: 1, cname: 2, bucket: 3, 'Value #B': 4 },
            renameByName: { cname: 'domain', 'Value #B': 'time left' },
          },
        },
      ],
    ),
    panel(
      'table',
      'All domains by time left',
      'The hundred domains whose token, or else certificate, ends first. Choose a bucket or a label above to see others.',
      { h: 11, w: 24, x: 0, y: 14 },
      [
        query(first, '', table),
        query('group by (%s, state) (%s == 1) and on (%s) %s' % [words.domain, fact('state'), words.domain, first], '', table),
        query('count by (%s) (%s) and on (%s) %s' % [words.domain, problem(), words.domain, first], '', table),
        query('time() - max by (%s) (%s) and on (%s) %s' % [words.domain, fact('token_last_success_timestamp_seconds'), words.domain, first], '', table),
      ],
      { cellHeight: 'sm', showHeader: true, frameIndex: 0 },
      { custom: cell { filterable: true }, thresholds: none, unit: 'none' },
      [
        column('domain', { 'custom.width': 320 }),
        column('bucket', { 'custom.width': 400, links: toBucket }),
        column('time left', left { 'custom.width': 230 }),
        column('state', { 'custom.cellOptions': colored, 'custom.width': 160, noValue: 'not checked', mappings: mapping(states) }),
        column('problems', { 'custom.width': 110, noValue: '-' }),
        column('age of the answers', { unit: 's', decimals: 0, noValue: 'none yet', 'custom.width': 170 }),
      ],
      [
        { id: 'merge', options: {} },
        { id: 'sortBy', options: { fields: {}, sort: [{ field: 'Value #A', desc: false }] } },
        {
          id: 'organize',
          options: {
            excludeByName: { [name]: true for name in ['Time', '__name__', 'Value #B'] },
            indexByName: { cname: 0, bucket: 1, 'Value #A': 2, state: 3, 'Value #C': 4, 'Value #D': 5 },
            renameByName: { cname: 'domain', 'Value #A': 'time left', 'Value #C': 'problems', 'Value #D': 'age of the answers' },
          },
        },
      ],
    ),

    row('Over time', 25),
    series('Problems', 'How many there are of each kind.', 0, 26, [query('count by (problem) (%s)' % problem(), '{{problem}}')], { min: 0, decimals: 0 }, stacked),
    panel(
      'state-timeline',
      'Problems of each domain',
      'The thirty domains with the worst problems. No color is no problem, or nothing known.',
      { h: 16, w: 12, x: 12, y: 26 },
      [query('topk(30, max by (%s) (2 * group by (%s) (%s) or group by (%s) (%s)))' % [words.domain, words.domain, problem('severity="critical"'), words.domain, problem('severity="warning"')], '{{cname}}')],
      { alignValue: 'left', mergeValues: true, rowHeight: 0.85, showValue: 'auto', legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false }, tooltip: { mode: 'single', sort: 'none' } },
      { custom: { fillOpacity: 70, lineWidth: 0 }, unit: 'none', mappings: mapping({ '1': { text: 'warning', color: 'orange' }, '2': { text: 'critical', color: 'red' } }) },
    ),
    series('Time left', 'The twenty tokens and certificates that end first.', 0, 34, [query('bottomk(20, %s)' % ends, '{{cname}}')], { unit: 'dtdurations', min: 0 }, { fillOpacity: 0, lineWidth: 2 }),

    row('What visitors get', 42),
    series('Answered by', 'Domains by the server that answers a visitor. Needs the check http.', 0, 43, [query('count by (by) (group by (%s, by) (%s))' % [words.domain, fact('http_answered_by')], '{{by}}')], { min: 0, decimals: 0 }, stacked),
    series('Time to first byte', 'Of a visit, connection and TLS handshake included.', 12, 43, [
      query('max(%s)' % fact('http_first_byte_seconds'), 'longest'),
      query('quantile(0.5, %s)' % fact('http_first_byte_seconds'), 'median'),
    ], { unit: 's', min: 0 }),
    panel(
      'table',
      'Certificates that visitors get',
      'The hundred that end first. "another" is not the one that is bound in OSS, as of a CDN, or of a renewal that never arrived.',
      { h: 10, w: 24, x: 0, y: 51 },
      [
        query(served('max', 'tls_certificate_expiry_timestamp_seconds', ' - time()'), '', table),
        query(served('min', 'tls_certificate_matches'), '', table),
        query(served('min', 'tls_certificate_trusted'), '', table),
        query(served('min', 'tls_certificate_is_bound'), '', table),
        query('group by (%s, by) (%s) and on (%s) %s' % [words.domain, fact('http_answered_by'), words.domain, servedFirst], '', table),
      ],
      { cellHeight: 'sm', showHeader: true, frameIndex: 0 },
      { custom: cell { filterable: true }, thresholds: none, unit: 'none', noValue: 'not known' },
      [
        column('domain', { 'custom.width': 320 }),
        column('bucket', { 'custom.width': 400, links: toBucket }),
        column('time left', { unit: 'dtdurations', decimals: 1 }),
        column('names', { 'custom.cellOptions': colored, mappings: verdict('do not match', 'match') }),
        column('authority', { 'custom.cellOptions': colored, mappings: verdict('not trusted', 'trusted') }),
        column('certificate', { 'custom.cellOptions': colored, mappings: verdict('another', 'the bound one') }),
        column('answered by', { 'custom.width': 150 }),
      ],
      [
        { id: 'merge', options: {} },
        { id: 'sortBy', options: { fields: {}, sort: [{ field: 'Value #A', desc: false }] } },
        {
          id: 'organize',
          options: {
            excludeByName: { [name]: true for name in ['Time', '__name__', 'Value #E'] },
            indexByName: { cname: 0, bucket: 1, by: 2, 'Value #A': 3, 'Value #B': 4, 'Value #C': 5, 'Value #D': 6 },
            renameByName: { cname: 'domain', by: 'answered by', 'Value #A': 'time left', 'Value #B': 'names', 'Value #C': 'authority', 'Value #D': 'certificate' },
          },
        },
      ],
    ),

    row('Asking OSS', 61),
    series('Domains that are answered', 'Share of the domains about which the last attempt was answered.', 0, 62, [query('avg by (job) (%s)' % asked, '{{job}}')], { unit: 'percentunit', min: 0, max: 1 }),
    series('Probe duration', 'How long the attempts took, retries included.', 12, 62, [
      query('max(%s)' % ofInstance('token_probe_duration_seconds'), 'longest'),
      query('quantile(0.5, %s)' % ofInstance('token_probe_duration_seconds'), 'median'),
    ], { unit: 's', min: 0 }),
    series('Failures by reason', 'Failed attempts a second, of all targets.', 0, 70, [query('sum by (reason) (rate(%s[$__rate_interval])) > 0' % ofInstance('exporter_probe_errors_total'), '{{reason}}')], { unit: 'ops', min: 0 }, stacked),
    series('Calls to OSS', 'Time to the first byte of the answer, by operation, from native histograms where Prometheus scrapes them.', 12, 70, [
      query('histogram_quantile(%s, sum by (operation) (rate(%s[$__rate_interval])) or sum by (operation, le) (rate(%s[$__rate_interval])))' % [q, ofInstance('exporter_api_request_duration_seconds'), ofInstance('exporter_api_request_duration_seconds_bucket')], '{{operation}} p%d' % (100 * q))
      for q in [0.5, 0.99]
    ], { unit: 's', min: 0 }),

    row('The exporters', 78),
    panel(
      'table',
      'Exporters',
      'Each exporter that Prometheus scrapes, also while it is down: its targets and those that are asked about, its part of them, whether it accepts its configuration, its clock minus that of OSS.',
      { h: 6, w: 24, x: 0, y: 79 },
      [
        query('max by (%s) (up{%s, instance=~"$instance"} and on (%s) %s)' % [words.source, chosen, words.source, words.known], '', table),
        query(exporters('targets'), '', table),
        query(exporters('targets_asked'), '', table),
        query(exporters('shard'), '', table),
        query(exporters('shards'), '', table),
        query(exporters('config_last_reload_successful'), '', table),
        query(exporters('clock_skew_seconds'), '', table),
      ],
      { cellHeight: 'sm', showHeader: true, frameIndex: 0 },
      { custom: cell, thresholds: none, unit: 'none', noValue: 'not known' },
      [
        column('scrape', { 'custom.cellOptions': colored, mappings: mapping({ '0': { text: 'down', color: 'red' }, '1': { text: 'up', color: 'green' } }) }),
        column('configuration', { 'custom.cellOptions': colored, mappings: mapping({ '0': { text: 'refused', color: 'red' }, '1': { text: 'in force', color: 'green' } }) }),
        column('clock', { unit: 's', decimals: 1 }),
      ],
      [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true, __name__: true },
            indexByName: { instance: 0, job: 1, 'Value #A': 2, 'Value #B': 3, 'Value #C': 4, 'Value #D': 5, 'Value #E': 6, 'Value #F': 7, 'Value #G': 8 },
            renameByName: { 'Value #A': 'scrape', 'Value #B': 'targets', 'Value #C': 'asked about', 'Value #D': 'shard', 'Value #E': 'shards', 'Value #F': 'configuration', 'Value #G': 'clock' },
          },
        },
      ],
    ),
  ],

  local choice(name, query) = {
    name: name,
    type: 'query',
    datasource: datasource,
    query: { qryType: 1, query: query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
  },
  local values(series, label, matchers) = 'label_values(%s{%s}, %s)' % [series, matchers, label],
  local annotation(name, color, expr, title, text) = { name: name, enable: true, iconColor: color, datasource: datasource, expr: expr, step: '60s', titleFormat: title, textFormat: text },

  grafanaDashboards+:: {
    'oss-cname-tokens.json': {
      uid: config.dashboardUID,
      title: 'OSS CNAME tokens',
      description: 'The problems of each domain of each OSS bucket, and how long tokens and certificates last.',
      tags: ['oss', 'dns'],
      schemaVersion: 42,
      version: 4,
      editable: true,
      graphTooltip: 1,
      refresh: '1m',
      time: { from: 'now-6h', to: 'now' },
      timepicker: {},
      timezone: 'browser',
      fiscalYearStartMonth: 0,
      preload: false,
      links: [{ title: 'Runbooks', type: 'link', url: config.runbooksURL, icon: 'doc', tooltip: 'What each alert means, and what to do', targetBlank: true, asDropdown: false, includeVars: false, keepTime: false, tags: [] }],
      annotations: {
        list: [
          annotation('Problems begin', 'red', '%s unless %s offset 2m' % [problem(), problem()], '{{problem}}', '{{cname}} ({{severity}})'),
          annotation('Problems end', 'green', '%s offset 2m unless %s' % [problem(), problem()], '{{problem}} ended', '{{cname}}'),
          annotation('Configuration loaded', 'blue', 'changes(oss_cname_exporter_config_last_reload_success_timestamp_seconds{%s, instance=~"$instance"}[2m]) > 0' % chosen, 'configuration loaded', '{{instance}}'),
        ],
      },
      templating: {
        list: [
          { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', refresh: 1, current: { text: 'default', value: 'default' } },
          choice('cluster', values('oss_cname_token_target_info', cluster, '')),
          choice('job', values('oss_cname_token_target_info', 'job', '%s=~"$cluster"' % cluster)),
          choice('instance', values('oss_cname_exporter_targets', 'instance', '%s=~"$cluster"' % cluster)),
          choice('bucket', values('oss_cname_token_target_info', 'bucket', chosen)),
          { name: 'labels', label: 'Your labels', type: 'adhoc', datasource: datasource },
        ],
      },
      panels: [panels[i] { id: i + 1 } for i in std.range(0, std.length(panels) - 1)],
    },
  },
}
