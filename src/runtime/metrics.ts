/** Counters and gauges of one process, rendered in the Prometheus text format. */
export type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly values: Map<string, number>;
}

export class Metrics {
  readonly #families = new Map<string, Family>();

  /** Adds `by` to a counter; `name` without the `tributary_` prefix. */
  count(name: string, help: string, labels: Labels = {}, by = 1): void {
    const values = this.#family(name, 'counter', help).values;
    const key = render(labels);
    values.set(key, (values.get(key) ?? 0) + by);
  }

  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.#family(name, 'gauge', help).values.set(render(labels), value);
  }

  toString(): string {
    const lines: string[] = [];
    for (const [name, family] of this.#families) {
      lines.push(`# HELP tributary_${name} ${family.help}`, `# TYPE tributary_${name} ${family.kind}`);
      for (const [labels, value] of family.values) lines.push(`tributary_${name}${labels} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #family(name: string, kind: Family['kind'], help: string): Family {
    const known = this.#families.get(name);
    if (known) return known;
    const family: Family = { kind, help, values: new Map() };
    this.#families.set(name, family);
    return family;
  }
}

function render(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/[\\"\n]/g, '\\$&')}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}
