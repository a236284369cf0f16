import type { Draft, Step } from '../step.ts';

const currencies = new Set(Intl.supportedValuesOf('currency'));

/** Money of the event: a finite number or null, with an ISO 4217 code or ''; the prices of its items are in that currency too. */
export const revenueStep: Step = { name: 'revenue', run: readRevenue };

function readRevenue({ event, row }: Draft): undefined {
  const revenue = amount(event.revenue ?? event.properties.revenue);
  if (revenue === null && event.items === undefined) return;
  row.revenue = revenue;
  const currency = event.currency ?? event.properties.currency;
  if (typeof currency !== 'string') return;
  const code = currency.trim().toUpperCase();
  if (currencies.has(code)) row.currency = code;
}

/** Beyond this a double no longer holds cents, and one typing error would hide every other sale. */
const largest = 1e13;

/** Clients send `"12.50"` as often as 12.5. */
function amount(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*[+-]?\d+(\.\d*)?\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Math.abs(number) <= largest ? number : null;
}
