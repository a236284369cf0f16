import { BarChart as EChartsBar } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { useMemo } from 'react';
import { frameOption } from '../plot/axes.ts';
import { EChart } from '../plot/echart.tsx';
import { type PlotColours, seriesColour, usePlotColours } from '../plot/palette.ts';
import type { SeriesChartProps, SeriesPlot } from '../plot/shape.ts';

use([EChartsBar, GridComponent, TooltipComponent]);

/** Values per bucket side by side; the period before is a pale bar to the left. */
export default function BarChart({ plot }: SeriesChartProps) {
  const colours = usePlotColours();
  const option = useMemo(() => barOption(plot, colours), [plot, colours]);
  return <EChart option={option} height={plot.height ?? 300} label={plot.label} />;
}

function barOption(plot: SeriesPlot, colours: PlotColours): Record<string, unknown> {
  const last = plot.times.length - 1;
  return {
    ...frameOption(plot, colours),
    series: plot.lines.flatMap((line) => {
      const colour = seriesColour(colours, line.slot);
      const base = { type: 'bar', barMaxWidth: 36, barGap: '10%', emphasis: { disabled: true } };
      const style = { color: colour, borderRadius: [2, 2, 0, 0] };
      const data = line.points.map((value, at) =>
        plot.incomplete && at === last ? { value, itemStyle: { ...style, opacity: 0.5 } } : value,
      );
      const now = { ...base, data, itemStyle: style };
      if (!line.previousPoints) return [now];
      const before = { ...base, data: [...line.previousPoints], itemStyle: { ...style, opacity: 0.3 } };
      return [before, now];
    }),
  };
}
