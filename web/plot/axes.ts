import { compact } from '../format/number.ts';
import { bucketName, bucketTick } from '../format/time.ts';
import { escapeHtml } from './escape.ts';
import { type PlotColours, seriesColour } from './palette.ts';
import type { SeriesPlot } from './shape.ts';

/** Axes, grid and tooltip that line and bar charts have in common. Buckets are categories: names are in the project's zone. */
export function frameOption(plot: SeriesPlot, colours: PlotColours): Record<string, unknown> {
  const label = { color: colours.muted, fontSize: 11 };
  return {
    animationDuration: 250,
    animationDurationUpdate: 250,
    textStyle: { fontFamily: 'inherit' },
    grid: {
      left: 4,
      right: 12,
      top: 12,
      bottom: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: {
      type: 'category',
      data: plot.times.map((at) => bucketTick(at, plot.interval, plot.timezone)),
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
      axisLabel: { ...label, hideOverlap: true, margin: 10 },
    },
    yAxis: {
      type: 'value',
      minInterval: plot.lines.some((line) => line.points.some((point) => !Number.isInteger(point))) ? 0 : 1,
      splitNumber: 4,
      splitLine: { lineStyle: { color: colours.line } },
      axisLabel: { ...label, formatter: (value: number) => plot.format(value) },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      borderWidth: 1,
      padding: [8, 12],
      extraCssText: 'box-shadow: 0 4px 16px rgb(0 0 0 / 0.12); border-radius: 8px; max-width: 340px;',
      textStyle: { color: colours.text, fontSize: 12 },
      axisPointer: {
        lineStyle: { color: colours.muted, type: 'solid', width: 1 },
        shadowStyle: { opacity: 0.06 },
      },
      formatter: (shown: unknown) => tooltip(plot, colours, shown),
    },
  };
}

const dayMs = 86_400_000;
const tooltipRows = 10;

function tooltip(plot: SeriesPlot, colours: PlotColours, shown: unknown): string {
  const first: unknown = Array.isArray(shown) ? shown[0] : shown;
  const index =
    typeof first === 'object' && first !== null && 'dataIndex' in first ? Number(first.dataIndex) : -1;
  const at = plot.times[index];
  if (at === undefined) return '';
  const last = plot.incomplete && index === plot.times.length - 1;
  const rows = plot.lines
    .map((line) => ({ line, colour: seriesColour(colours, line.slot), value: line.points[index] ?? 0 }))
    .toSorted((a, b) => (plot.lines.length > 3 ? b.value - a.value : 0));
  const html = rows.slice(0, tooltipRows).map(({ line, colour, value }) => {
    const before = line.previousPoints?.[index];
    return (
      tooltipRow(colour, escapeHtml(line.name), plot.format(value), '') +
      (before === undefined
        ? ''
        : tooltipRow(colour, beforeName(plot, at), plot.format(before), 'opacity:.6;'))
    );
  });
  const more =
    rows.length > tooltipRows
      ? `<div style="opacity:.6">and ${compact(rows.length - tooltipRows)} more</div>`
      : '';
  const name = bucketName(at, plot.interval, plot.timezone);
  return `<div style="font-weight:600;margin-bottom:4px">${name}${last ? ' · so far' : ''}</div>${html.join('')}${more}`;
}

function beforeName(plot: SeriesPlot, at: number): string {
  return bucketName(at - plot.daysBefore * dayMs, plot.interval, plot.timezone);
}

function tooltipRow(colour: string, name: string, value: string, style: string): string {
  return (
    `<div style="display:flex;align-items:center;gap:8px;line-height:20px;${style}">` +
    `<span style="width:8px;height:8px;border-radius:2px;background:${colour};flex:none"></span>` +
    `<span style="flex:1;overflow:hidden;text-overflow:ellipsis">${name}</span>` +
    `<span style="font-weight:600;font-variant-numeric:tabular-nums;margin-left:16px">${value}</span></div>`
  );
}
