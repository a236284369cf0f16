import { Button, Modal } from '@mantine/core';
import { useDisclosure, useInterval } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Failure } from '../panel/failure.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { CreateSource } from '../sources/create-source.tsx';
import { SourceTable } from '../sources/source-table.tsx';

/** What may send events to this project, and how it does. */
export function SourcesPage() {
  const { me, project } = useSession();
  const [opened, dialog] = useDisclosure(false);
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1_000, { autoInvoke: true });
  const sources = useCall('listSources', { project: project.id }, { every: 30_000 });
  const activity = useCall('sourceActivity', { project: project.id }, { every: 10_000 });
  const create = mayAct(me, 'admin') ? (
    <Button leftSection={<IconPlus size={14} />} onClick={dialog.open}>
      New source
    </Button>
  ) : null;
  return (
    <Page title="Sources" note="What may send events to this project" tools={create}>
      {activity.error && !activity.data ? (
        <Failure error={activity.error} onRetry={() => void activity.refetch()} />
      ) : null}
      <Panel label="Sources" flush>
        <Answer query={sources} height={240}>
          {(data) =>
            data.sources.length === 0 ? (
              <EmptyPanel title="Nothing may send to this project">
                A source is a key with its limits: one for each app, service or file that sends events.
              </EmptyPanel>
            ) : (
              <SourceTable sources={data.sources} activity={activity.data?.sources} now={now} />
            )
          }
        </Answer>
      </Panel>
      <Modal opened={opened} onClose={dialog.close} title="New source" size="lg">
        <CreateSource />
      </Modal>
    </Page>
  );
}
