import type { FunnelChartProps } from '../plot/shape.ts'; export default function FunnelChart(_: FunnelChartProps) { return null; }
