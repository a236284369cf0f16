import type { StepReport } from './apply.ts';
import { sqlTime } from './intervals.ts';
import type { Plan, Step } from './step.ts';

const verbs: Readonly<Record<Step['action'], string>> = {
  create: 'create',
  rebuild: 'rebuild',
  refresh: 'refresh',
  test: 'test',
  none: 'nothing',
};

/** A plan in words: what would run and why, one model after the other. */
export function explainPlan({ steps, now, orphans }: Plan): string {
  const todo = steps.filter(({ action }) => action !== 'none');
  const width = Math.max(...todo.map(({ model }) => model.length), 0);
  const lines = [
    `As of ${sqlTime(now)} UTC: ${counted(todo.length, 'model')} of ${steps.length} to bring up to date.`,
  ];
  for (const step of todo) {
    const [first = '', ...rest] = step.reasons;
    lines.push(`  ${step.model.padEnd(width)}  ${verbs[step.action].padEnd(7)}  ${first}${changeNote(step)}`);
    for (const reason of rest) lines.push(`  ${' '.repeat(width)}           ${reason}`);
  }
  for (const name of orphans)
    lines.push(`  mart.${name} has no model any more: it stays as it is, and is not brought up to date`);
  return `${lines.join('\n')}\n`;
}

function changeNote({ change, action }: Step): string {
  if (action !== 'rebuild') return '';
  if (change === 'additive') return ' (additive: what is made of it stays)';
  return ' (what is made of it is built anew, too)';
}

/** One line for how it went with a model. */
export function explainStep({ step, state, rows, milliseconds, error }: StepReport): string {
  const seconds = `${(milliseconds / 1_000).toFixed(1)} s`;
  if (state === 'failed') return `✗ ${step.model}: ${error}`;
  if (state === 'skipped') return `- ${step.model}: left as it is: ${error}`;
  const what = step.kind === 'view' ? '' : `, ${counted(rows, 'row')}`;
  return `✓ ${step.model}: ${verbs[step.action]}${what} in ${seconds}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
