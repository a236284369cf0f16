import type { ErrorObject } from 'ajv';

const maxShown = 5;
const maxName = 80;
const maxLine = 160;

/**
 * What is wrong with an event, one line a property: `total: must be a number, is a text`. Never a value of the event: the lines are for grouping,
 * and values can be personal.
 */
export function violationLines(errors: readonly ErrorObject[]): string {
  const lines = new Set<string>();
  for (const error of errors) {
    if (isBranch(error)) continue;
    lines.add(`${placeOf(error)}: ${sentence(error)}`.slice(0, maxLine));
    if (lines.size > maxShown) break;
  }
  const shown = [...lines].slice(0, maxShown);
  return lines.size > maxShown ? `${shown.join('\n')}\n…` : shown.join('\n');
}

/** Of several ways in which a value may be right, each says why it is not the one; what is above them says it for all. */
function isBranch({ keyword, schemaPath }: ErrorObject): boolean {
  return keyword === 'if' || /\/(?:anyOf|oneOf)\/\d+\//.test(schemaPath);
}

/** `/items/0/price` is `items[].price`: the same for every position. */
function placeOf({ instancePath, keyword, params }: ErrorObject): string {
  const parts = instancePath
    .split('/')
    .slice(1, 12)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const named = nameIn(keyword, params as Readonly<Record<string, unknown>>);
  if (named !== undefined) parts.push(named);
  let place = '';
  for (const part of parts)
    place += /^\d+$/.test(part) && place !== '' ? '[]' : place === '' ? part : `.${part}`;
  return place === '' ? 'properties' : clean(place);
}

function nameIn(keyword: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const name =
    keyword === 'required' || keyword === 'dependentRequired'
      ? params.missingProperty
      : keyword === 'additionalProperties'
        ? params.additionalProperty
        : keyword === 'unevaluatedProperties'
          ? params.unevaluatedProperty
          : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** Names come from outside: one line, no longer than a reader wants. */
function clean(name: string): string {
  return name.replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd').slice(0, maxName);
}

function sentence(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'type':
      return `must be ${kinds(params.type)}, is ${kindOf(error.data)}`;
    case 'required':
    case 'dependentRequired':
      return 'is missing';
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'is not in the plan';
    case 'enum':
      return `must be one of ${valuesOf(params.allowedValues)}`;
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue).slice(0, 60)}`;
    case 'anyOf':
    case 'oneOf':
      return 'fits none of the allowed forms';
    case 'format':
      return `must be ${String(params.format)}`;
    case 'pattern':
      return `must match ${String(params.pattern).slice(0, 80)}`;
    case 'false schema':
      return 'must not be there';
    case 'not':
      return 'is what it must not be';
    default:
      return clean(error.message ?? error.keyword);
  }
}

const kindNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function kinds(type: unknown): string {
  const names = (Array.isArray(type) ? type : [type]).map((one) => kindNames[String(one)] ?? String(one));
  return names.join(' or ');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return kindNames[typeof value] ?? typeof value;
}

function valuesOf(values: unknown): string {
  const shown = (Array.isArray(values) ? values : []).map((one) =>
    typeof one === 'string' ? one : JSON.stringify(one),
  );
  const text = shown.slice(0, 6).join(', ');
  return clean(shown.length > 6 || text.length > maxName ? `${text.slice(0, maxName - 2)} …` : text);
}
