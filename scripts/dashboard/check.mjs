// Holds a dashboard to Grafana's own types: the whole to Dashboard, and the options of each panel to those of its kind.
// usage: node check.mjs FOLDER_WITH_NODE_MODULES dashboard.json
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder, file] = process.argv.slice(2);
const require = createRequire(resolve(folder, 'any.js'));
const Ajv = require('ajv').default;
const raw = join(resolve(folder), 'node_modules/@grafana/schema/dist/types/raw');

// validator returns a strict validator of a type: what the type does not know is refused.
function validator(path, type) {
  const { createGenerator } = require('ts-json-schema-generator');
  const schema = createGenerator({ path, type, skipTypeCheck: true, additionalProperties: false, topRef: false }).createSchema(type);
  return new Ajv({ strict: false, allErrors: true, discriminator: false }).compile(schema);
}

const faults = [];
function check(where, validate, value) {
  if (!validate(value)) faults.push(...validate.errors.map((e) => `${where}${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`));
}

const types = join(raw, 'dashboard/x/types.gen.d.ts');
const dashboard = JSON.parse(readFileSync(file, 'utf8'));
// The type of an annotation leaves out what belongs to its data source.
const ofPrometheus = ['expr', 'step', 'titleFormat', 'textFormat'];
const annotations = { list: dashboard.annotations.list.map((a) => Object.fromEntries(Object.entries(a).filter(([key]) => !ofPrometheus.includes(key)))) };
check('dashboard', validator(types, 'Dashboard'), { ...dashboard, annotations });

const fieldConfig = validator(types, 'FieldConfig');
const kinds = new Map();

// kindOf returns the validators of a kind of panel; custom is null where fields take no configuration of their own.
function kindOf(type) {
  if (!kinds.has(type)) {
    const path = join(raw, `composable/${type.replace('-', '')}/panelcfg/x/types.gen.d.ts`);
    const takesCustom = /FieldConfig\b/.test(readFileSync(path, 'utf8'));
    kinds.set(type, { options: validator(path, 'Options'), custom: takesCustom ? validator(path, 'FieldConfig') : null });
  }
  return kinds.get(type);
}

for (const panel of dashboard.panels.filter((p) => p.type !== 'row')) {
  const kind = kindOf(panel.type);
  check(`${panel.title}: options`, kind.options, panel.options);
  const base = panel.fieldConfig.defaults.custom;
  const fields = [['defaults', panel.fieldConfig.defaults]];
  for (const override of panel.fieldConfig.overrides) {
    const field = { custom: { ...base } };
    for (const { id, value } of override.properties) {
      if (id.startsWith('custom.')) field.custom[id.slice('custom.'.length)] = value;
      else field[id] = value;
    }
    fields.push([override.matcher.options, field]);
  }
  for (const [name, { custom, ...field }] of fields) {
    check(`${panel.title}: ${name}`, fieldConfig, field);
    if (custom && kind.custom) check(`${panel.title}: ${name}: custom`, kind.custom, custom);
    if (custom && !kind.custom) faults.push(`${panel.title}: ${name}: a ${panel.type} has nothing custom`);
  }
}

// What Grafana lets through and people suffer from: numbers without a unit, variables that are not there or choose nothing,
// counts that show nothing when nothing is known, no way to the runbooks, alerts that link past the dashboard.
const variables = dashboard.templating.list.map((v) => v.name);
const used = new Set(['datasource', 'labels']);
for (const panel of dashboard.panels.filter((p) => p.type !== 'row')) {
  const { unit, noValue } = panel.fieldConfig.defaults;
  if (!unit) faults.push(`${panel.title}: no unit`);
  if (panel.type === 'stat' && panel.fieldConfig.defaults.thresholds.steps[0].color !== 'text') faults.push(`${panel.title}: what is not known has a color`);
  if (panel.type === 'stat' && !noValue) faults.push(`${panel.title}: nothing is shown where nothing is known`);
  for (const { expr } of panel.targets) {
    const names = [...expr.matchAll(/\$(\w+)/g)].map((m) => m[1]).filter((name) => name !== '1' && !name.startsWith('__'));
    names.forEach((name) => used.add(name));
    names.filter((name) => !variables.includes(name)).forEach((name) => faults.push(`${panel.title}: there is no variable $${name}`));
    for (const name of ['cluster', 'job']) if (!names.includes(name)) faults.push(`${panel.title}: $${name} chooses nothing`);
    if (/vector\(0\)/.test(expr)) faults.push(`${panel.title}: 0 where nothing is known`);
  }
}
variables.filter((name) => !used.has(name)).forEach((name) => faults.push(`no panel uses $${name}`));
if (!dashboard.links.some((l) => l.url.includes('runbooks'))) faults.push('no link to the runbooks');
const alerts = readFileSync(join(file, '../rules.yml'), 'utf8');
const urls = [...alerts.matchAll(/dashboard_url: '(.*)'/g)].map((m) => m[1]);
if (urls.length !== [...alerts.matchAll(/alert: /g)].length) faults.push('an alert does not link to the dashboard');
for (const url of urls) {
  if (!url.includes(`/d/${dashboard.uid}?`)) faults.push(`${url} is not this dashboard`);
  for (const [, name] of url.matchAll(/var-(\w+)=/g)) if (!variables.includes(name)) faults.push(`${url}: there is no variable ${name}`);
}

faults.forEach((fault) => console.error(fault));
console.log(`${file}: ${dashboard.panels.length} panels of ${kinds.size} kinds, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
