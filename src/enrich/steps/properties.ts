import { shownProperties } from '../shown-properties.ts';
import type { Draft, Step, Verdict } from '../step.ts';

/** Longer than any protocol allows for one event. */
const maxProperties = 1_048_576;

/** The properties as JSON text, with what enrichment adds under `$` names. */
export const propertiesStep: Step = { name: 'properties', run: writeProperties };

function writeProperties(draft: Draft): Verdict | undefined {
  const { event, extra, row } = draft;
  const shown = shownProperties(event);
  row.properties = JSON.stringify(extra === undefined ? shown : { ...shown, ...extra });
  if (row.properties.length <= maxProperties) return undefined;
  return {
    fail: 'properties too large',
    detail: `${row.properties.length} characters of properties, ${maxProperties} are kept`,
  };
}
