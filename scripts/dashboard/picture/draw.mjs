// Draws the dashboard's first panels from a Prometheus into a picture, with Grafana's widgets in Chromium.
// usage: node draw.mjs FOLDER_WITH_NODE_MODULES dashboard.json http://PROMETHEUS picture.png
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [folder, file, prometheus, picture] = process.argv.slice(2);
const { build } = createRequire(resolve(folder, 'any.js'))('esbuild');
const to = Math.floor(Date.now() / 1000), from = to - 240;

async function ask(target) {
  const query = target.expr.replaceAll(/\$(bucket|account|region|cluster|job|instance)/g, '.*').replaceAll('$__rate_interval', '30s');
  const args = target.instant ? `query?time=${to}` : `query_range?start=${from}&end=${to}&step=3`;
  const answer = await (await fetch(`${prometheus}/api/v1/${args}&query=${encodeURIComponent(query)}`)).json();
  if (answer.status !== 'success') throw new Error(`${target.expr}: ${answer.error}`);
  return { refId: target.refId, format: target.format, legend: target.legendFormat, result: answer.data.result };
}

// What is drawn, and where it differs from the dashboard. npm has no state timeline.
const places = {
  Problems: { x: 0, y: 25, w: 8, h: 8 },
  'Time left': { x: 8, y: 25, w: 8, h: 8 },
  'Calls to OSS': { x: 16, y: 25, w: 8, h: 8 },
};
const panels = [];
for (const panel of JSON.parse(readFileSync(file, 'utf8')).panels) {
  if (!panel.targets) continue; // a row
  const at = places[panel.title] ?? (panel.gridPos.y < 15 && panel.gridPos);
  if (at) panels.push({ panel, at, answers: await Promise.all(panel.targets.map(ask)) });
}

// defaults gives Grafana's modules what they mean by the default of these CommonJS modules; to an .mjs it is the whole module.
const defaults = {
  name: 'defaults',
  setup(build) {
    build.onResolve({ filter: /^(react-inlinesvg|react-loading-skeleton|react-custom-scrollbars-2|react-calendar|calculate-size)$/ }, ({ path, namespace }) =>
      namespace === 'defaults' ? undefined : { path, namespace: 'defaults' });
    build.onLoad({ filter: /.*/, namespace: 'defaults' }, ({ path }) => ({ contents: `export * from '${path}'; export { default } from '${path}';`, resolveDir: resolve(folder) }));
  },
};

const work = mkdtempSync(join(tmpdir(), 'dashboard-'));
await build({
  entryPoints: [join(import.meta.dirname, 'panels.jsx')],
  outfile: join(work, 'panels.js'),
  plugins: [defaults],
  nodePaths: [resolve(folder, 'node_modules')],
  bundle: true, minify: true, format: 'iife', jsx: 'automatic', logLevel: 'error',
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  loader: { '.svg': 'dataurl', '.woff2': 'dataurl', '.png': 'dataurl', '.ttf': 'empty' },
});
const data = JSON.stringify({ panels, from, to }).replaceAll('<', '\\u003c');
writeFileSync(join(work, 'index.html'), `<!DOCTYPE html><meta charset="utf-8"><link rel="stylesheet" href="panels.css"><style>body { margin: 8px; background: #111217; }</style>
<div id="dashboard"></div><script>window.picture = ${data};</script><script src="panels.js"></script>`);
execFileSync('chromium', [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--allow-file-access-from-files', '--virtual-time-budget=8000', '--window-size=1608,1270', `--user-data-dir=${join(work, 'chromium')}`,
  `--screenshot=${resolve(picture)}`, `file://${join(work, 'index.html')}`,
], { stdio: 'ignore' });
console.log(`${picture}: ${panels.length} panels`);
