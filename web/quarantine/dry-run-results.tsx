import { Progress } from '@mantine/core';
import type { DryRunResult, FixExample } from '../../src/contract/quarantine-endpoints.ts';
import { counted, full } from '../format/number.ts';

/** What a fix would do: how many pass, why the others do not, and some of each before and after. */
export function DryRunResults({ result }: { readonly result: DryRunResult }) {
  const { checked, total, passed, failed, dropped, state, message } = result;
  return (
    <div className="webhook-results" data-testid="dry-run" data-state={state}>
      <div className="webhook-result">
        {state === 'running' ? (
          <Progress value={total === 0 ? 0 : (checked / total) * 100} size="sm" aria-label="Checked" mb={8} />
        ) : null}
        <p className="dry-run-sum">
          <strong data-tone="good">{full(passed)} would pass</strong>
          {failed > 0 ? <strong data-tone="bad">{full(failed)} would fail</strong> : null}
          {dropped > 0 ? <span>{full(dropped)} make no event, on purpose</span> : null}
          <span className="muted">
            {state === 'running'
              ? `${full(checked)} of ${full(total)} checked`
              : `of ${counted(checked, 'item', 'items')}`}
          </span>
        </p>
        {message === '' ? null : <p className="webhook-failure">{message}</p>}
        {result.reasons.map(({ reason, detail, count }) => (
          <p className="webhook-failure" key={reason}>
            {full(count)} × {reason}: {detail}
          </p>
        ))}
      </div>
      {result.examples.map((example) => (
        <Example key={`${example.offset}.${example.item}`} example={example} />
      ))}
    </div>
  );
}

function Example({ example }: { readonly example: FixExample }) {
  const { before, after, decoded, reason, detail } = example;
  return (
    <div className="webhook-result" data-testid="dry-run-example">
      <span className="panel-note">
        Record {example.offset}
        {example.item === 0 ? '' : `, item ${example.item}`} · {reason === '' ? 'passes' : 'fails'}
      </span>
      {reason === '' ? null : (
        <p className="webhook-failure">
          {reason}: {detail}
        </p>
      )}
      <div className="dry-run-sides">
        <Side title="Before" texts={[before]} />
        {after === '' || after === before ? null : <Side title="After the fix" texts={[after]} />}
        {decoded.length === 0 ? null : <Side title="What comes of it" texts={decoded} />}
      </div>
    </div>
  );
}

function Side({ title, texts }: { readonly title: string; readonly texts: readonly string[] }) {
  return (
    <div>
      <h3 className="panel-note">{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className="code" tabIndex={0}>
        {texts.join('\n')}
      </pre>
    </div>
  );
}
