import type { Geo } from '../geo/geo.ts';
import type { Step } from '../step.ts';

/** country, region, city of the (already truncated) address. */
export function geoStep(geo: Geo): Step {
  return {
    name: 'geo',
    run({ event, row }) {
      if (event.address === undefined) return undefined;
      const place = geo.locate(event.address);
      row.country = place.country;
      row.region = place.region;
      row.city = place.city;
      return undefined;
    },
  };
}
