import type { Engine, Statement } from './engine.ts';
import { refusals } from './errors.ts';

/** Decides what the read-only user may run. */
export async function guard(_engine: Engine, _statement: Statement): Promise<Statement> {
  throw refusals.accessDenied('The read-only user is not available yet.');
}
