import { buildSlices } from '../build-slices.ts';
import type { HeaderOf } from '../header.ts';
import type { Kind } from '../kind.ts';

/** A table that is made interval by interval; what is done is recorded, and done again when rows came late. */
export const timeRange: Kind<HeaderOf<'incremental by time range'>> = {
  parameters: { needs: ['start', 'end'], may: ['now'] },
  apply: (model, step, applying) =>
    buildSlices(model, step, applying, {
      added: [],
      settled: () => [],
      before: async () => {},
    }),
};
