// What stands beside this folder is generated from it: make mixin. jsonnet -S -m .. generate.jsonnet
local mixin = import 'mixin.libsonnet';

local indented(text, by) = std.join('\n', [if line == '' then '' else by + line for line in std.split(std.rstripChars(text, '\n'), '\n')]);
local quoted(text) = "'" + std.strReplace(text, "'", "''") + "'";
local plain(name) = function(r) if std.objectHas(r, name) then ['%s: %s' % [name, r[name]]] else [];
local order = ['severity', 'check', 'destination', 'reason', 'status', 'watched', 'summary', 'description', 'runbook_url', 'dashboard_url'];
// A URL stands without quotes, so that sed and the Helm chart can put a host in front of it.
local quotedUnlessURL(name, text) = if std.endsWith(name, '_url') then text else quoted(text);
local map(name) = function(r) if std.objectHas(r, name) then [name + ':'] + ['  %s: %s' % [k, quotedUnlessURL(k, r[name][k])] for k in std.sort(std.objectFields(r[name]), keyF=function(k) std.find(k, order)[0])] else [];
// rule writes a rule as people would: its fields in the order in which they are read.
local rule(r) = indented(std.lines(
  (if std.objectHasAll(r, 'comment') then [indented(r.comment, '# ')] else [])
  + ['- ' + plain(if std.objectHas(r, 'alert') then 'alert' else 'record')(r)[0], '  expr: |', indented(r.expr, '    ')]
  + [indented(line, '  ') for field in [plain('for'), plain('keep_firing_for'), map('labels'), map('annotations')] for line in field(r)]
), '      ');
local group(g) = '  - name: %s\n    rules:\n%s' % [g.name, std.join('\n\n', [rule(r) for r in g.rules])];
local rules(header, file) = header + 'groups:\n' + std.join('\n\n', [group(g) for g in file.groups]) + '\n';

{
  'recording.yml': rules(|||
    # Generated from mixin/ by "make mixin". What is known of each domain, whoever asked. Load it beside alerts.yml.
    #
    # One series a domain, without the labels that say where an exporter runs, so that two exporters are one answer, the
    # freshest, and a new pod goes on where the old one ended. Whatever is known is remembered for as long as the domain is
    # watched, and for 72 hours after the last exporter that watched it was lost.
  |||, mixin.prometheusRules),
  'alerts.yml': rules(|||
    # Generated from mixin/ by "make mixin"; thresholds, severities and URLs are in mixin/config.libsonnet. Needs
    # recording.yml beside it. docs/runbooks.md says what each alert means and what to do.
    #
    # runbook_url is relative to this repository, dashboard_url to your Grafana; to make links of them without jsonnet:
    #   sed -i 's|_url: docs/|_url: https://git.example.com/oss_cname_exporter/docs/|; s|_url: /d/|_url: https://grafana.example.com/d/|' alerts.yml
  |||, mixin.prometheusAlerts),
  'dashboard.json': std.manifestJsonEx(mixin.grafanaDashboards['oss-cname-tokens.json'], '   ') + '\n',
}
