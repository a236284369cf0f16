import { LineChart as EChartsLine } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { useMemo } from 'react';
import { frameOption } from '../plot/axes.ts';
import { EChart } from '../plot/echart.tsx';
import { type PlotColours, seriesColour, usePlotColours } from '../plot/palette.ts';
import type { PlotLine, SeriesChartProps, SeriesPlot } from '../plot/shape.ts';

use([EChartsLine, GridComponent, TooltipComponent]);

/** Values over time. The period before is dashed and pale, a bucket that is not over yet is dotted. */
export default function LineChart({ plot }: SeriesChartProps) {
  const colours = usePlotColours();
  const option = useMemo(() => lineOption(plot, colours), [plot, colours]);
  return <EChart option={option} height={plot.height ?? 300} label={plot.label} />;
}

function lineOption(plot: SeriesPlot, colours: PlotColours): Record<string, unknown> {
  const frame = frameOption(plot, colours);
  const alone = plot.lines.length === 1;
  return {
    ...frame,
    xAxis: { ...(frame.xAxis as object), boundaryGap: plot.times.length === 1 },
    series: plot.lines.flatMap((line) =>
      linesOf(line, seriesColour(colours, line.slot), plot.incomplete, alone),
    ),
  };
}

function linesOf(line: PlotLine, colour: string, incomplete: boolean, alone: boolean): object[] {
  const base = {
    type: 'line',
    symbol: 'circle',
    symbolSize: 5,
    showSymbol: line.points.length === 1,
    emphasis: { disabled: true },
    itemStyle: { color: colour },
  };
  const last = line.points.length - 1;
  const provisional = incomplete && last > 0;
  const solid = provisional ? line.points.slice(0, last) : line.points;
  const area = alone
    ? {
        areaStyle: {
          color: {
            type: 'linear',
            x: 0,
            y: 0,
            x2: 0,
            y2: 1,
            colorStops: [
              { offset: 0, color: `${colour}2e` },
              { offset: 1, color: `${colour}00` },
            ],
          },
        },
      }
    : {};
  const drawn: object[] = [{ ...base, ...area, data: solid, lineStyle: { color: colour, width: 2 } }];
  if (provisional) {
    const tail = line.points.map((point, index) => (index >= last - 1 ? point : null));
    drawn.push({ ...base, data: tail, lineStyle: { color: colour, width: 2, type: [2, 4], cap: 'round' } });
  }
  if (line.previousPoints) {
    const previous = line.previousPoints.slice(0, line.points.length);
    drawn.push({
      ...base,
      data: previous,
      z: 1,
      lineStyle: { color: colour, width: 1.5, type: [5, 4], opacity: 0.45 },
    });
  }
  return drawn;
}
