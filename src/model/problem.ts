import { TributaryError } from '../runtime/errors.ts';

/** What is wrong in a file of the workspace, and where. Lines count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** The models cannot be used as they are; nothing was changed. One line per problem: `models/fact_day.sql:12: …`. */
export function modelsInvalid(problems: readonly Problem[]): TributaryError {
  const lines = problems
    .toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
  return new TributaryError('model-invalid', lines.join('\n'));
}
