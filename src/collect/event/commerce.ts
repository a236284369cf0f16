import type { JsonObject } from '../../contract/event.ts';
import { number, text } from './fields.ts';

/** `revenue` is money by its name; `total` and `value` are when a currency stands beside them (else they may be points). */
export function revenueOf(properties: JsonObject, currency: string | undefined): number | undefined {
  return (
    number(properties.revenue) ??
    (currency ? (number(properties.total) ?? number(properties.value)) : undefined)
  );
}

export function orderOf(properties: JsonObject): string | undefined {
  return text(properties.order_id) ?? text(properties.orderId);
}
