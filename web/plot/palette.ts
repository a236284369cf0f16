import { useComputedColorScheme } from '@mantine/core';

/**
 * Colours of series, apart from each other in hue and lightness, so that neighbours stay apart for people who see red and
 * green alike. Measured for deuteranopia and protanopia; beyond eight the table and the tooltip tell lines apart.
 */
const light = ['#0b6a8a', '#e08a1e', '#6b4fb3', '#3f9c6b', '#c2456b', '#5cb0d8', '#8a6d1f', '#8d99a0'];
const dark = ['#4fb3d4', '#f0a844', '#a58be6', '#5fc590', '#ee7d9d', '#9bd4ee', '#c9ab57', '#8c9ba2'];

export interface PlotColours {
  readonly series: readonly string[];
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
}

const lightPlot: PlotColours = {
  series: light,
  text: '#16232a',
  muted: '#56666e',
  line: '#e2e8ea',
  surface: '#ffffff',
  good: '#3f9c6b',
  warn: '#e08a1e',
  bad: '#c8463d',
};

const darkPlot: PlotColours = {
  series: dark,
  text: '#e1e8eb',
  muted: '#9badb5',
  line: '#243036',
  surface: '#141c20',
  good: '#5fc590',
  warn: '#f0a844',
  bad: '#f1796f',
};

export function usePlotColours(): PlotColours {
  return useComputedColorScheme('light') === 'dark' ? darkPlot : lightPlot;
}

export function seriesColour(colours: PlotColours, index: number): string {
  return colours.series[index % colours.series.length] ?? colours.muted;
}
