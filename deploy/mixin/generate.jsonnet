// The files beside this folder are generated from it: make mixin. jsonnet -S -m .. generate.jsonnet
local mixin = import 'mixin.libsonnet';

local indented(text, by) = std.join('\n', [if line == '' then '' else by + line for line in std.split(std.rstripChars(text, '\n'), '\n')]);
local quoted(text) = "'" + std.strReplace(text, "'", "''") + "'";
local plain(name) = function(r) if std.objectHas(r, name) then ['%s: %s' % [name, r[name]]] else [];
local order = ['severity', 'cause', 'summary', 'description', 'runbook_url', 'dashboard_url'];
local map(name) = function(r) if std.objectHas(r, name) then [name + ':'] + ['  %s: %s' % [k, quoted(r[name][k])] for k in std.sort(std.objectFields(r[name]), keyF=function(k) std.find(k, order)[0])] else [];
// rule writes a rule with its fields in the order in which they are read.
local rule(r) = indented(std.lines(
  (if std.objectHasAll(r, 'comment') then [indented(r.comment, '# ')] else [])
  + ['- ' + plain(if std.objectHas(r, 'alert') then 'alert' else 'record')(r)[0], '  expr: |', indented(r.expr, '    ')]
  + [indented(line, '  ') for field in [plain('for'), plain('keep_firing_for'), map('labels'), map('annotations')] for line in field(r)]
), '      ');

local rules(mixin) = (|||
                        # Generated from mixin/ by "make mixin". %(runbooks)s says what each alert means and what to do. Thresholds and the
                        # severities of a domain's problems are in the exporter's configuration.
                        #
                        # An alert links to the exporter's own runbook if the exporter knows its address (--web.external-url); else to a path of
                        # this repository. To make links of these paths, and of the dashboard's, without jsonnet:
                        #   sed -i "s|%(runbooks)s|https://git.example.com/oss_cname_exporter/%(runbooks)s|; s|'/d/|'https://grafana.example.com/d/|" %(file)s
                        groups:
                          - name: oss_cname
                            rules:
                      ||| % { runbooks: mixin._config.runbooksURL, file: if mixin._config.language == 'zh' then 'rules.zh-CN.yml' else 'rules.yml' })
                     + std.join('\n\n', [rule(r) for r in mixin.prometheusRules.groups[0].rules + mixin.prometheusAlerts.groups[0].rules]) + '\n';

{
  'rules.yml': rules(mixin),
  'rules.zh-CN.yml': rules(mixin { _config+:: { language: 'zh' } }),
  'dashboard.json': std.manifestJsonEx(mixin.grafanaDashboards['oss-cname-tokens.json'], '   ') + '\n',
}
