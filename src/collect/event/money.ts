import type { JsonValue } from '../../contract/event.ts';
import { number } from './fields.ts';

/**
 * Currencies without a smaller unit, and those with a thousandth, as payment services count them:
 * https://docs.stripe.com/currencies. ISK and UGX have none either, but are counted as if they had a hundredth. XTR: Telegram's stars.
 */
const whole = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF XTR'.split(' '));
const thousandths = new Set('BHD JOD KWD OMR TND'.split(' '));

/** An amount in the smallest unit of a currency (upper case), in its main unit. */
export function majorUnits(amount: JsonValue | undefined, currency: string | undefined): number | undefined {
  const count = number(amount);
  if (count === undefined || currency === undefined) return undefined;
  if (whole.has(currency)) return count;
  return count / (thousandths.has(currency) ? 1_000 : 100);
}
