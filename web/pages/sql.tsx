import { Button, Kbd } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { call } from '../call.ts';
import { EmptyPanel } from '../panel/empty.tsx';
import { Failure } from '../panel/failure.tsx';
import { Page } from '../panel/page.tsx';
import { mayAct, useSession } from '../session/session.tsx';
import { SqlEditor } from '../sql/editor.tsx';
import { ResultTable } from '../sql/result-table.tsx';

function firstQuery(project: string): string {
  return `SELECT event, count() AS events, uniq(person_id) AS people
FROM tributary.events
WHERE project = '${project.replaceAll("'", "\\'")}'
  AND timestamp > now() - INTERVAL 7 DAY
GROUP BY event
ORDER BY events DESC
LIMIT 20`;
}

export function SqlPage() {
  const { me, project } = useSession();
  const [text, setText] = useState(() => firstQuery(project.id));
  const asked = useRef(text);
  asked.current = text;
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: (sql: string) => call('query', { sql }),
  });
  const run = useCallback(() => mutate(asked.current), [mutate]);
  if (!mayAct(me, 'editor')) {
    return (
      <Page title="SQL">
        <EmptyPanel title="SQL needs the role of an editor">Ask an administrator for it.</EmptyPanel>
      </Page>
    );
  }
  const apple = navigator.platform.startsWith('Mac');
  return (
    <Page title="SQL" note="Read-only, over all projects of this warehouse">
      <section className="panel panel-flush" aria-label="Query">
        <SqlEditor value={text} onChange={setText} onRun={run} />
        <div className="builder-foot">
          <Button
            leftSection={<IconPlayerPlay size={14} />}
            onClick={run}
            loading={isPending}
            disabled={text.trim() === ''}
          >
            Run
          </Button>
          <span className="panel-note">
            <Kbd size="xs">{apple ? '⌘' : 'Ctrl'}</Kbd> + <Kbd size="xs">Enter</Kbd>
          </span>
          <span className="panel-note sql-hint">ClickHouse SQL; tables are in the database tributary</span>
        </div>
      </section>
      {error ? <Failure error={error} /> : null}
      {data && !error ? (
        <section className="panel panel-flush" aria-label="Answer">
          {data.rows.length === 0 ? (
            <EmptyPanel title="The query gave no rows" />
          ) : (
            <ResultTable result={data} />
          )}
        </section>
      ) : null}
    </Page>
  );
}
