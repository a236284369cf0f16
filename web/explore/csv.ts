import { bucketName } from '../format/time.ts';
import type { SeriesPlot } from '../plot/shape.ts';

/** One row per bucket, one column per line; RFC 4180. */
export function csvOf(plot: SeriesPlot): string {
  const header = ['time', 'period', ...plot.lines.map(({ name }) => name)];
  const rows = plot.times.map((at, index) => [
    new Date(at).toISOString(),
    bucketName(at, plot.interval, plot.timezone),
    ...plot.lines.map(({ points }) => points[index] ?? 0),
  ]);
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  // A spreadsheet runs a text that begins like a formula, and event names come from anybody.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
