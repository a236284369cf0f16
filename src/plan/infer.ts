import type { JsonObject, JsonValue } from '../contract/event.ts';
import { personalKind } from './personal.ts';
import { hasFormat } from './validators.ts';

export interface InferOptions {
  readonly title: string;
  /** The warehouse keeps no nulls: a property that is not always there may have been one. */
  readonly nullsAreLost?: boolean;
}

/** Deeper values, longer lists of names and further texts are not told apart. */
const maxDepth = 6;
const maxFields = 150;
const maxTexts = 50;
/** So many values, and each so often, that a list of them says something. */
const enumeration = { values: 12, seen: 20, each: 5, length: 60 };
/** So many whole numbers that it is no chance. */
const enoughWhole = 50;
const maxExamples = 3;
const formats = ['date-time', 'date', 'uuid', 'email', 'uri'] as const;

/**
 * The schema that these properties of one event fit: types, required where they were always there, enums where there are few values, examples, and
 * `pii` where values or names look personal (of those no value is shown). Names that begin with `$` are the libraries' own.
 */
export function inferSchema(events: readonly JsonObject[], options: InferOptions): JsonObject {
  const root = new Shape();
  for (const event of events) root.add(event, 0);
  const { properties, required } = root.fields(
    options.nullsAreLost === true,
    (name) => !name.startsWith('$'),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: options.title,
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
  };
}

/** What was seen in one place. */
class Shape {
  seen = 0;
  readonly #kinds = new Map<string, number>();
  readonly #texts = new Map<string, number>();
  readonly #numbers = new Set<number>();
  readonly #fields = new Map<string, Shape>();
  #formats = new Set<(typeof formats)[number]>(formats);
  #isWhole = true;
  #isOpen = false;
  #items: Shape | undefined;

  add(value: JsonValue, depth: number): void {
    this.seen++;
    const kind = kindOf(value);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (typeof value === 'string') this.#addText(value);
    else if (typeof value === 'number') this.#addNumber(value);
    else if (depth >= maxDepth) this.#isOpen = true;
    else if (Array.isArray(value)) {
      this.#items ??= new Shape();
      for (const one of value as readonly JsonValue[]) this.#items.add(one, depth + 1);
    } else if (typeof value === 'object' && value !== null)
      for (const [name, child] of Object.entries(value as JsonObject)) this.#addField(name, child, depth + 1);
  }

  fields(nullsAreLost: boolean, isShown: (name: string) => boolean = () => true) {
    const objects = this.#kinds.get('object') ?? 0;
    const shown = [...this.#fields]
      .filter(([name]) => isShown(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      properties: Object.fromEntries(
        shown.map(([name, shape]) => [name, shape.schema(name, nullsAreLost, shape.seen < objects)]),
      ) as JsonObject,
      required: shown.filter(([, shape]) => shape.seen === objects).map(([name]) => name),
    };
  }

  schema(name: string, nullsAreLost: boolean, isOptional: boolean): JsonObject {
    const kinds = new Set(this.#kinds.keys());
    if (nullsAreLost && isOptional) kinds.add('null');
    if (kinds.has('number') && this.#isWhole && (this.#kinds.get('number') ?? 0) >= enoughWhole) {
      kinds.delete('number');
      kinds.add('integer');
    }
    const types = [...kinds].toSorted();
    const type = types.length === 1 ? (types[0] ?? 'null') : types;
    return { type, ...this.#texted(name, kinds), ...this.#nested(nullsAreLost, kinds) };
  }

  #texted(name: string, kinds: ReadonlySet<string>): JsonObject {
    const pii = personalKind(name, [...this.#texts.keys()]);
    if (pii !== undefined) return { ...this.#formatted(), pii };
    const values = this.#enumerated(kinds);
    if (values !== undefined) return { enum: values };
    const examples = [...this.#texts.keys()].filter(({ length }) => length <= enumeration.length);
    const numbers = [...this.#numbers];
    const shown: JsonValue[] = [...examples.slice(0, maxExamples), ...numbers].slice(0, maxExamples);
    return { ...this.#formatted(), ...(shown.length > 0 ? { examples: shown } : {}) };
  }

  #formatted(): JsonObject {
    const [format] = this.#formats;
    const isEnough = (this.#kinds.get('string') ?? 0) >= enumeration.each;
    return format === undefined || !isEnough ? {} : { format };
  }

  /** The values, when they are texts (and null) and few. */
  #enumerated(kinds: ReadonlySet<string>): JsonValue[] | undefined {
    const count = this.#kinds.get('string') ?? 0;
    if (![...kinds].every((kind) => kind === 'string' || kind === 'null')) return undefined;
    if (count < enumeration.seen || this.#texts.size > enumeration.values) return undefined;
    for (const [text, times] of this.#texts)
      if (times < enumeration.each || text.length > enumeration.length) return undefined;
    const values: JsonValue[] = [...this.#texts.keys()].toSorted();
    return kinds.has('null') ? [...values, null] : values;
  }

  #nested(nullsAreLost: boolean, kinds: ReadonlySet<string>): JsonObject {
    if (this.#isOpen) return {};
    const items =
      this.#items !== undefined && this.#items.seen > 0
        ? { items: this.#items.schema('', nullsAreLost, false) }
        : {};
    if (!kinds.has('object')) return items;
    const { properties, required } = this.fields(nullsAreLost);
    return { ...items, properties, ...(required.length > 0 ? { required } : {}) };
  }

  #addText(text: string): void {
    const known = this.#texts.get(text);
    if (known !== undefined || this.#texts.size < maxTexts) this.#texts.set(text, (known ?? 0) + 1);
    if (known === undefined)
      for (const format of this.#formats) if (!hasFormat(format, text)) this.#formats.delete(format);
  }

  #addNumber(value: number): void {
    if (!Number.isInteger(value)) this.#isWhole = false;
    if (this.#numbers.size < maxExamples) this.#numbers.add(value);
  }

  #addField(name: string, value: JsonValue, depth: number): void {
    let field = this.#fields.get(name);
    if (field === undefined) {
      if (this.#fields.size >= maxFields) return;
      field = new Shape();
      this.#fields.set(name, field);
    }
    field.add(value, depth);
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
