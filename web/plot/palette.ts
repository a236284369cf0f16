import { useComputedColorScheme } from '@mantine/core';

/**
 * Colours of series. Any two are at least 18 apart (CIE76 in Lab), also as seen with protanopia, deuteranopia and
 * tritanopia (Machado 2009), and each has a contrast of 2.6 or more to its surface. Beyond eight lines the table and the tooltip tell them apart.
 */
const light = ['#0b6a8a', '#c39b0f', '#5a29a5', '#76ab62', '#7f3b41', '#6a9fff', '#685700', '#a69da0'];
const dark = ['#4fb3d4', '#e6a83d', '#b382fb', '#77f6b0', '#bf475f', '#c4e7f2', '#ac7e42', '#89a8a1'];

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
