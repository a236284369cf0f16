import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '../runtime/clock.ts';
import { type ApplyOptions, applyPlan, type RunReport } from './apply.ts';
import type { Model } from './definition.ts';
import { type ModelFile, readModelFiles } from './files.ts';
import { type Graph, graphOf } from './graph.ts';
import { kindOf } from './kinds.ts';
import { makePlan } from './plan.ts';
import { modelsInvalid, type Problem } from './problem.ts';
import { analyse } from './sql.ts';
import { Statements } from './statements.ts';
import type { Plan, PlanRequest } from './step.ts';

export type { RunReport, StepReport } from './apply.ts';
// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { explainPlan, explainStep } from './explain.ts';
export { parseTime } from './intervals.ts';
export type { Plan, PlanRequest, Step } from './step.ts';

export interface WorkspaceOptions {
  /** Folder that has `models/`. */
  readonly folder: string;
  /** A user with all rights. */
  readonly warehouse: ClickHouseClient;
  /** The read-only user, who judges what a model may do. */
  readonly reader: ClickHouseClient;
}

/** The models of a workspace, read and understood. */
export class Models {
  readonly #graph: Graph;
  readonly #statements: Statements;

  private constructor(graph: Graph, statements: Statements) {
    this.#graph = graph;
    this.#statements = statements;
  }

  /** Rejects with `model-invalid` and every problem of every file; nothing is changed. */
  static async read({ folder, warehouse, reader }: WorkspaceOptions): Promise<Models> {
    const { files, problems } = readModelFiles(folder);
    const models: Model[] = [];
    const understood = await Promise.all(files.map((file) => understand(file, reader)));
    for (const found of understood) {
      if ('message' in found) problems.push(found);
      else models.push(found);
    }
    if (problems.length > 0) throw modelsInvalid(problems);
    const graph = graphOf(models);
    if (Array.isArray(graph)) throw modelsInvalid(graph);
    return new Models(graph, new Statements(warehouse));
  }

  get names(): readonly string[] {
    return this.#graph.models.map(({ name }) => name);
  }

  /** What would be done, and why. Changes nothing. */
  plan(request: PlanRequest): Promise<Plan> {
    return makePlan(this.#graph, this.#statements, request);
  }

  /** Does it. Only one run at a time may use a warehouse: the caller holds a lock. */
  apply(plan: Plan, options: ApplyOptions & { readonly clock: Clock }): Promise<RunReport> {
    return applyPlan(plan, this.#graph, this.#statements, options);
  }
}

async function understand(file: ModelFile, reader: ClickHouseClient): Promise<Model | Problem> {
  const analysis = await analyse(reader, file);
  if ('message' in analysis) return analysis;
  const { needs, may } = kindOf(file.header.kind).parameters;
  const at = (message: string): Problem => ({ file: file.file, line: file.sqlLine, message });
  const missing = needs.find((name) => !analysis.parameters.has(name));
  if (missing)
    return at(
      `a model of the kind ${file.header.kind} asks for its interval: WHERE time >= {start:DateTime} AND time < {end:DateTime}; {${missing}:DateTime} is not there`,
    );
  const surplus = [...analysis.parameters].find((name) => !needs.includes(name) && !may.includes(name));
  if (surplus !== undefined)
    return at(`a model of the kind ${file.header.kind} has no {${surplus}:DateTime}`);
  const testQueries = new Map<number, string>();
  for (const [index, { sql, name = 'sql' }] of file.header.tests.entries()) {
    if (sql === undefined) continue;
    const test = await analyse(reader, file, sql, new Set(['this']));
    if ('message' in test)
      return { ...test, line: file.lines.get('tests') ?? 1, message: `the test "${name}": ${test.message}` };
    testQueries.set(index, test.sql);
  }
  return {
    ...file,
    query: analysis.sql,
    parameters: analysis.parameters,
    reads: analysis.reads,
    testQueries,
  };
}
