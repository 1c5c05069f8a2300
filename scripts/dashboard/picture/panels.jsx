// Draws panels of the dashboard with Grafana's own widgets, from its own description and real data.
import React from 'react';
import { createRoot } from 'react-dom/client';
import {
  createTheme, FieldType, getDisplayProcessor, standardTransformers, standardTransformersRegistry, ThemeContext, toDataFrame, transformDataFrame, dateTime,
} from '@grafana/data';
import { BarGauge, BigValue, GlobalStyles, PanelChrome, Table, TimeSeries } from '@grafana/ui';
import { firstValueFrom } from 'rxjs';

const theme = createTheme({ colors: { mode: 'dark' } });
const { mergeTransformer, organizeFieldsTransformer, sortByTransformer } = standardTransformers;
standardTransformersRegistry.setInit(() => [mergeTransformer, organizeFieldsTransformer, sortByTransformer].map((t) => ({ ...t, transformation: () => Promise.resolve(t) })));

// configured gives a field what the panel says of it: the defaults, then the overrides of its name.
function configured(field, { defaults, overrides }) {
  const config = { ...defaults, ...field.config, custom: { ...defaults.custom } };
  for (const { matcher, properties } of overrides) {
    if (matcher.options !== field.name && matcher.options !== config.displayName) continue;
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) config.custom[id.slice('custom.'.length)] = value;
      else config[id] = value;
    }
  }
  if (!config.color) config.color = { mode: field.isSeries ? 'palette-classic' : 'thresholds' };
  const result = { ...field, config };
  result.display = getDisplayProcessor({ field: result, theme, timeZone: 'utc' });
  return result;
}

// frames turns the answers of Prometheus into what Grafana's data source would: a table for each query, or a frame for each series.
function frames(panel, answers) {
  return answers.flatMap(({ refId, format, legend, result }) => {
    if (format === 'table') {
      const labels = [...new Set(result.flatMap((s) => Object.keys(s.metric)))];
      return toDataFrame({ refId, fields: [
        { name: 'Time', type: FieldType.time, values: result.map(() => 0) },
        ...labels.map((l) => ({ name: l, type: FieldType.string, values: result.map((s) => s.metric[l] ?? '') })),
        { name: `Value #${refId}`, type: FieldType.number, values: result.map((s) => Number(s.value[1])) },
      ] });
    }
    return result.map((s) => {
      const name = legend.replace(/{{(\w+)}}/g, (_, l) => s.metric[l] ?? '') || panel.title;
      const points = s.values ?? [s.value];
      return toDataFrame({ refId, fields: [
        { name: 'Time', type: FieldType.time, values: points.map((p) => p[0] * 1000) },
        { name, type: FieldType.number, labels: s.metric, config: { displayName: name }, values: points.map((p) => Number(p[1])) },
      ] });
    });
  });
}

const widgets = {
  stat: ({ panel, data, width, height }) => {
    const field = data[0].fields[1];
    const value = field.display(field.values.at(-1));
    return <BigValue theme={theme} width={width} height={height} value={value} colorMode={panel.options.colorMode} graphMode="none" justifyMode="auto" textMode="value" />;
  },
  table: ({ data, width, height }) => <Table data={data[0]} width={width} height={height} />,
  timeseries: ({ panel, data, width, height, range }) =>
    <TimeSeries frames={data} width={width} height={height} timeRange={range} timeZone="utc" legend={panel.options.legend} options={panel.options} />,
  bargauge: ({ panel, data, width, height }) => data.map((frame, i) => {
    const field = frame.fields[1];
    const value = { ...field.display(field.values.at(-1)), title: field.config.displayName };
    return <BarGauge key={i} theme={theme} width={width} height={Math.min(40, height / data.length)} value={value} field={field.config} display={field.display} orientation={panel.options.orientation} displayMode="basic" />;
  }),
};

async function draw({ panels, from, to }) {
  const unit = { width: 1600 / 24, height: 38 };
  const range = { from: dateTime(from * 1000), to: dateTime(to * 1000), raw: { from: 'now-10m', to: 'now' } };
  const drawn = [];
  for (const { panel, at, answers } of panels) {
    const Widget = widgets[panel.type];
    const transformed = await firstValueFrom(transformDataFrame(panel.transformations, frames(panel, answers)));
    const data = transformed.map((frame, i) => ({ ...frame, fields: frame.fields.map((f) => configured({ ...f, name: f.config?.displayName ?? f.name, isSeries: panel.type === 'timeseries', state: { seriesIndex: i } }, panel.fieldConfig)) }));
    const [width, height] = [at.w * unit.width - 8, at.h * unit.height - 8];
    drawn.push(
      <div key={panel.id} style={{ position: 'absolute', left: at.x * unit.width, top: at.y * unit.height }}>
        <PanelChrome title={panel.title} width={width} height={height}>
          {(w, h) => <Widget panel={panel} data={data} width={w} height={h} range={range} />}
        </PanelChrome>
      </div>,
    );
  }
  createRoot(document.getElementById('dashboard')).render(<ThemeContext.Provider value={theme}><GlobalStyles />{drawn}</ThemeContext.Provider>);
}

draw(window.picture);
