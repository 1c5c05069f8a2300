// The Grafana dashboard. make dashboard turns it into dashboard.json, which is what to import.
// Every query is bounded, so that ten thousand domains are as quick as ten, and counts are 0 where there is nothing.

local hour = 3600, day = 24 * hour;

// The thresholds of alerts.yml, in seconds.
local token = { critical: 6 * hour, warning: 24 * hour };
local certificate = { critical: 3 * day, warning: 14 * day };

// What to do next. Grafana shows it in place of the state or reason.
local states = {
  unknown: { color: 'text', code: 2, next: 'switch the checks on, or mend what fails' },
  token_missing: { color: 'orange', code: 5, next: 'create a token' },
  awaiting_dns: { color: 'yellow', code: 4, next: 'publish the TXT record' },
  token_expired: { color: 'red', code: 6, next: 'create a new token, publish it' },
  ready_to_bind: { color: 'blue', code: 3, next: 'bind the domain' },
  bound: { color: 'green', code: 1, next: 'nothing' },
  disabled: { color: 'dark-red', code: 7, next: 'find out in the console why' },
};
local reasons = {
  timeout: 'look at the network',
  dns: 'look at the resolver',
  connect: 'look at firewalls and proxies',
  tls: 'look at CA certificates',
  credentials: "look at the account's key",
  access_denied: 'grant oss:GetCnameToken',
  wrong_endpoint: 'set the region that the log names',
  clock_skew: 'set the clock',
  bucket_not_found: "correct the bucket's name",
  invalid_argument: "correct the domain's name",
  throttled: 'set rate_limit or cache_ttl',
  server_error: 'wait',
  client_error: 'look at the log',
  bad_response: 'look for a proxy on the way',
  not_probed: 'raise the scrape timeout',
  internal: 'report it',
};

// of is a metric of the chosen targets; account and region are labels of another.
local of(metric, matchers='') =
  'oss_cname_%s{bucket=~"$bucket"%s} and on (job, instance, bucket, cname) oss_cname_token_target_info{account=~"$account", region=~"$region"}' % [metric, matchers];
// each is one value for each domain, whichever exporter asked.
local each(aggregate, metric, matchers='', by='') = '%s by (bucket, cname%s) (%s)' % [aggregate, by, of(metric, matchers)];
local pending = each('min', 'token_expires_in_seconds') + ' unless on (bucket, cname) oss_cname_bound == 1';
local number(expr) = 'count(%s) or vector(0)' % expr;

local datasource = { type: 'prometheus', uid: '${datasource}' };
local query(expr, legend='', more={}) = { datasource: datasource, expr: expr, legendFormat: legend } + more;
local instant = { instant: true, range: false };
local table = instant { format: 'table' };

local steps(colors) = { mode: 'absolute', steps: [{ color: c[0], value: c[1] } for c in colors] };
local urgency(t) = steps([['red', null], ['orange', t.critical], ['green', t.warning]]);
local none = steps([['green', null]]);
local bad = steps([['green', null], ['red', 1]]);
local mapping(texts) = [{ type: 'value', options: { [key]: texts[key] { index: 0 } for key in std.objectFields(texts) } }];

local panel(type, title, description, at, queries, options, defaults={}, overrides=[], transformations=[]) = {
  type: type,
  title: title,
  description: description,
  datasource: datasource,
  gridPos: at,
  targets: [queries[i] { refId: std.char(65 + i) } for i in std.range(0, std.length(queries) - 1)],
  options: options,
  fieldConfig: { defaults: { thresholds: none } + defaults, overrides: overrides },
  transformations: transformations,
};
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
  { thresholds: thresholds } + more,
);
local series(title, description, x, y, queries, defaults={}, custom={}, overrides=[]) = panel(
  'timeseries',
  title,
  description,
  { h: 8, w: 12, x: x, y: y },
  queries,
  { legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'asc' } },
  { custom: { fillOpacity: 10, lineWidth: 1, showPoints: 'never' } + custom } + defaults,
  overrides,
);
local stacked = { stacking: { mode: 'normal', group: 'A' }, fillOpacity: 40 };
local row(title, y) = { type: 'row', title: title, collapsed: false, gridPos: { h: 1, w: 24, x: 0, y: y }, panels: [] };

local column(name, properties) = {
  matcher: { id: 'byName', options: name },
  properties: [{ id: id, value: properties[id] } for id in std.objectFields(properties)],
};
local cell = { align: 'left', cellOptions: { type: 'auto' }, inspect: false };
local colored = { type: 'color-text' };

local panels = [
  stat('Domains', 'Domains that are watched.', 0, 4, number('count by (bucket, cname) (%s)' % of('token_probe_success')), none),
  stat('Token dies within 6 hours', 'Pending domains that are almost too late.', 4, 4, number('(%s) < %d' % [pending, token.critical]), bad),
  stat('Token dies within a day', 'Pending domains that it is time for.', 8, 4, number('(%s) < %d' % [pending, token.warning]), steps([['green', null], ['orange', 1]])),
  stat('No token, not bound', 'Domains that nobody can bind as they are; needs the binding check.', 12, 4, number('sum by (bucket, cname) (%s) == 1' % of('state', ', state=~"token_missing|token_expired"')), steps([['green', null], ['orange', 1]])),
  stat('Probes failing', 'Domains of which the last attempt to ask OSS failed.', 16, 4, number('%s == 0' % each('max', 'token_probe_success')), bad),
  stat('Oldest answer',
       'How long ago OSS last answered about the domain of which it answered longest ago.',
       20,
       4,
       'time() - min(%s)' % each('max', 'token_last_success_timestamp_seconds'),
       steps([['green', null], ['orange', 15 * 60], ['red', 6 * hour]]),
       { unit: 's', decimals: 0 }),

  panel(
    'table',
    'What needs action',
    'The hundred most urgent: tokens by the time that they have left, domains by state, failures by reason.',
    { h: 11, w: 24, x: 0, y: 4 },
    [
      query('bottomk(100, %s)' % pending, '', table),
      query('label_replace(topk(100, %s == 1), "next", "$1", "state", "(.*)")' % each('max', 'state', ', state!~"bound|unknown"', ', state'), '', table),
      query('label_replace(topk(100, %s), "step", "$1", "reason", "(.*)")' % each('max', 'token_probe_failure_reason', '', ', reason'), '', table),
    ],
    { cellHeight: 'sm', showHeader: true, frameIndex: 0 },
    { custom: cell { filterable: true }, thresholds: none },
    [
      column('time left', { unit: 'dtdurations', decimals: 1, thresholds: urgency(token), 'custom.cellOptions': colored, 'custom.width': 200 }),
      column('state', { 'custom.cellOptions': colored, 'custom.width': 140, mappings: mapping({ [s]: { color: states[s].color } for s in std.objectFields(states) }) }),
      column('next action', { mappings: mapping({ [s]: { text: states[s].next } for s in std.objectFields(states) }) }),
      column('asking fails', { 'custom.cellOptions': colored, 'custom.width': 150, mappings: mapping({ [r]: { color: 'red' } for r in std.objectFields(reasons) }) }),
      column('first step', { mappings: mapping({ [r]: { text: reasons[r] } for r in std.objectFields(reasons) }) }),
    ],
    [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true, 'Value #B': true, 'Value #C': true },
          indexByName: { cname: 0, bucket: 1, 'Value #A': 2, state: 3, next: 4, reason: 5, step: 6 },
          renameByName: { cname: 'domain', 'Value #A': 'time left', next: 'next action', reason: 'asking fails', step: 'first step' },
        },
      },
      { id: 'sortBy', options: { fields: {}, sort: [{ field: 'time left', desc: false }] } },
    ],
  ),

  row('Domains', 15),
  series('Time left',
         'The twenty tokens that die first. The lines are where the alerts begin.',
         0,
         16,
         [query('bottomk(20, %s)' % pending, '{{cname}}')],
         { unit: 's', min: 0, thresholds: urgency(token) },
         { thresholdsStyle: { mode: 'line' }, fillOpacity: 0, lineWidth: 2 }),
  panel(
    'state-timeline',
    'State',
    'The thirty domains that need most; needs a check.',
    { h: 16, w: 12, x: 12, y: 16 },
    [query('topk(30, %s)' % std.join(' or ', [
      '(%s == 1) * %d' % [each('max', 'state', ', state="%s"' % s), states[s].code]
      for s in std.objectFields(states)
    ]), '{{cname}}')],
    { alignValue: 'left', mergeValues: true, rowHeight: 0.85, showValue: 'auto', legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false }, tooltip: { mode: 'single', sort: 'none' } },
    { custom: { fillOpacity: 70, lineWidth: 0 }, mappings: mapping({ [std.toString(states[s].code)]: { text: s, color: states[s].color } for s in std.objectFields(states) }) },
  ),
  series('Domains by state',
         'How many domains stand where; needs a check.',
         0,
         24,
         [query('sum by (state) (%s)' % each('max', 'state', '', ', state'), '{{state}}')],
         { min: 0, decimals: 0 },
         stacked,
         [column(s, { color: { mode: 'fixed', fixedColor: states[s].color } }) for s in std.objectFields(states)]),

  row('Certificates', 32),
  panel(
    'bargauge',
    'Certificates',
    'The twenty that end first; needs the binding check.',
    { h: 8, w: 24, x: 0, y: 33 },
    [query('sort(bottomk(20, %s))' % each('min', 'certificate_expires_in_seconds'), '{{cname}}', instant)],
    {
      displayMode: 'basic',
      orientation: 'horizontal',
      valueMode: 'color',
      namePlacement: 'auto',
      showUnfilled: true,
      sizing: 'auto',
      minVizWidth: 8,
      minVizHeight: 16,
      maxVizHeight: 32,
      legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false },
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
    { unit: 's', min: 0, max: 90 * day, decimals: 0, thresholds: urgency(certificate) },
  ),

  row('Asking OSS', 41),
  series('Probe success',
         'Share of the domains about which OSS answered.',
         0,
         42,
         [query('avg by (account, region) (oss_cname_token_probe_success{bucket=~"$bucket"} * on (job, instance, bucket, cname) group_left (account, region) oss_cname_token_target_info{account=~"$account", region=~"$region"})', '{{account}} {{region}}')],
         { unit: 'percentunit', min: 0, max: 1 }),
  series('Probe duration', 'How long the attempts took, retries included.', 12, 42, [
    query('max(%s)' % of('token_probe_duration_seconds'), 'longest'),
    query('quantile(0.5, %s)' % of('token_probe_duration_seconds'), 'median'),
  ], { unit: 's', min: 0 }),
  series('Failures by reason',
         'Failed attempts a second, of all targets.',
         0,
         50,
         [query('sum by (reason) (rate(oss_cname_exporter_probe_errors_total[$__rate_interval])) > 0', '{{reason}}')],
         { unit: 'ops', min: 0 },
         stacked),
  series('Calls to OSS', 'Time to the first byte of the answer, by operation, from native histograms where Prometheus scrapes them.', 12, 50, [
    query('histogram_quantile(%s, sum by (operation) (rate(oss_cname_exporter_api_request_duration_seconds[$__rate_interval])) or sum by (operation, le) (rate(oss_cname_exporter_api_request_duration_seconds_bucket[$__rate_interval])))' % q, '{{operation}} p%d' % (100 * q))
    for q in [0.5, 0.99]
  ], { unit: 's', min: 0 }),

  row('The exporter', 58),
  panel(
    'table',
    'Exporters',
    'Each exporter: its targets, whether it accepts its configuration, its clock minus that of OSS.',
    { h: 6, w: 24, x: 0, y: 59 },
    [
      query('oss_cname_exporter_targets', '', table),
      query('oss_cname_exporter_config_last_reload_successful', '', table),
      query('oss_cname_exporter_clock_skew_seconds', '', table),
    ],
    { cellHeight: 'sm', showHeader: true, frameIndex: 0 },
    { custom: cell, thresholds: none },
    [
      column('configuration', { 'custom.cellOptions': colored, mappings: mapping({ '0': { text: 'refused', color: 'red' }, '1': { text: 'in force', color: 'green' } }) }),
      column('clock', { unit: 's', decimals: 1, 'custom.cellOptions': colored, thresholds: steps([['red', null], ['green', -300], ['red', 300]]) }),
    ],
    [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true, __name__: true },
          indexByName: { instance: 0, job: 1, 'Value #A': 2, 'Value #B': 3, 'Value #C': 4 },
          renameByName: { 'Value #A': 'targets', 'Value #B': 'configuration', 'Value #C': 'clock' },
        },
      },
    ],
  ),
];

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
};

{
  uid: 'oss-cname-tokens',
  title: 'OSS CNAME tokens',
  description: 'Which domain of which OSS bucket needs what, and until when.',
  tags: ['oss', 'dns'],
  schemaVersion: 42,
  version: 1,
  editable: true,
  graphTooltip: 1,
  refresh: '1m',
  time: { from: 'now-6h', to: 'now' },
  timepicker: {},
  timezone: 'browser',
  fiscalYearStartMonth: 0,
  preload: false,
  links: [],
  annotations: { list: [] },
  templating: {
    list: [
      { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', refresh: 1, current: { text: 'default', value: 'default' } },
      choice('account', 'label_values(oss_cname_token_target_info, account)'),
      choice('region', 'label_values(oss_cname_token_target_info{account=~"$account"}, region)'),
      choice('bucket', 'label_values(oss_cname_token_target_info{account=~"$account", region=~"$region"}, bucket)'),
      { name: 'labels', label: 'Your labels', type: 'adhoc', datasource: datasource },
    ],
  },
  panels: [panels[i] { id: i + 1 } for i in std.range(0, std.length(panels) - 1)],
}
