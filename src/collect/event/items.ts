import type { Item, JsonObject, JsonValue } from '../../contract/event.ts';
import { isObject, maxIdLength, number, text } from './fields.ts';

/** An order of more lines is an export; the event keeps them all in its properties. */
const maxItems = 200;

// The names that clients give to the same fact: Segment's specification, GA4, Amplitude, and what people write by hand.
const ids = ['product_id', 'item_id', 'sku', 'productId', '$productId', 'id', 'product_sku'] as const;
const names = ['name', 'item_name', 'product_name', 'productName', 'title'] as const;
const brands = ['brand', 'item_brand'] as const;
const categories = ['category', 'item_category'] as const;
const variants = ['variant', 'item_variant'] as const;
const coupons = ['coupon', 'coupon_code'] as const;
const prices = ['price', '$price', 'item_price', 'unit_price'] as const;
const quantities = ['quantity', '$quantity', 'qty'] as const;

/**
 * The products of an order or a list, as any client writes them: objects, or Matomo's `[sku, name, category, price,
 * quantity]`. At most 200; what says nothing is left out, and without any the answer is undefined.
 */
export function itemsOf(list: JsonValue | undefined): readonly Item[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const items: Item[] = [];
  for (const one of list as readonly JsonValue[]) {
    if (items.length === maxItems) break;
    const item = Array.isArray(one) ? itemOfList(one) : isObject(one) ? itemOfObject(one) : undefined;
    if (item) items.push(item);
  }
  return items.length === 0 ? undefined : items;
}

function itemOfObject(from: JsonObject): Item | undefined {
  return said({
    id: firstText(from, ids),
    name: firstText(from, names),
    brand: firstText(from, brands),
    category: firstText(from, categories),
    variant: firstText(from, variants),
    coupon: firstText(from, coupons),
    price: firstNumber(from, prices),
    quantity: firstNumber(from, quantities),
  });
}

function itemOfList([sku, name, category, price, quantity]: readonly JsonValue[]): Item | undefined {
  return said({
    id: cut(sku),
    name: cut(name),
    category: cut(category),
    price: number(price),
    quantity: number(quantity),
  });
}

function said(item: Item): Item | undefined {
  for (const key in item) if (item[key as keyof Item] !== undefined) return item;
  return undefined;
}

function firstText(from: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = cut(from[key]);
    if (value !== undefined) return value;
  }
  return undefined;
}

function firstNumber(from: JsonObject, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = number(from[key]);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Of several categories the first: it is the one that reports group by. */
function cut(value: JsonValue | undefined): string | undefined {
  return text(Array.isArray(value) ? (value as readonly JsonValue[])[0] : value)?.slice(0, maxIdLength);
}
