import { Alert, Badge, Button, Group, Modal, Progress } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { RewindJob } from '../../src/contract/rewind.ts';
import { call } from '../call.ts';
import { duration } from '../format/duration.ts';
import { full } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { Failure } from '../panel/failure.tsx';
import { useSession } from '../session/session.tsx';

const states: Readonly<Record<RewindJob['state'], readonly [label: string, color: string]>> = {
  waiting: ['Waiting', 'gray'],
  running: ['Processing', 'blue'],
  comparing: ['Comparing', 'blue'],
  ready: ['Ready to swap', 'teal'],
  swapping: ['Swapping', 'orange'],
  swapped: ['Swapped in', 'teal'],
  discarded: ['Discarded', 'gray'],
  failed: ['Failed', 'red'],
};

interface JobProgressProps {
  readonly job: RewindJob;
  readonly mayAct: boolean;
}

export function JobProgress({ job, mayAct }: JobProgressProps) {
  const { project } = useSession();
  const [label, color] = states[job.state];
  const isBusy = ['waiting', 'running', 'comparing', 'swapping'].includes(job.state);
  return (
    <>
      <Group gap="xs">
        <Badge color={color} variant="light" size="lg">
          {label}
        </Badge>
        <span className="muted">
          {job.mode === 'whole'
            ? 'Everything'
            : `${job.from === null ? '' : moment(job.from, project.timezone)} to ${job.to === null ? 'now' : moment(job.to, project.timezone)}`}{' '}
          · begun {moment(job.startedAt, project.timezone)}
        </span>
      </Group>
      {isBusy ? (
        <>
          <Progress
            className="rewind-progress"
            value={job.progress * 100}
            animated
            aria-label="Processed again"
          />
          <span className="muted">
            {Math.floor(job.progress * 100)} %, {full(job.records)} records, {full(job.events)} events
            {job.eta === null || job.state !== 'running' ? '' : `; about ${duration(job.eta)} left`}
          </span>
        </>
      ) : null}
      {job.problem === null ? null : (
        <Alert color="red" mt="sm" title={job.state === 'failed' ? 'It failed' : 'It is tried again'}>
          {job.problem}
        </Alert>
      )}
      <Actions job={job} mayAct={mayAct} />
    </>
  );
}

function Actions({ job, mayAct }: JobProgressProps) {
  const queries = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const about = { project: job.project, id: job.id };
  const again = (): Promise<void> => queries.invalidateQueries({ queryKey: ['rewind'] });
  const swap = useMutation({
    mutationFn: () => call('swapRewind', about),
    onSuccess: () => {
      close();
      return again();
    },
  });
  const discard = useMutation({ mutationFn: () => call('discardRewind', about), onSuccess: again });
  if (['swapping', 'swapped', 'discarded'].includes(job.state)) return null;
  const error = swap.error ?? discard.error;
  return (
    <>
      {error ? <Failure error={error} /> : null}
      <div className="rewind-actions">
        <Button onClick={open} disabled={job.state !== 'ready' || !mayAct} loading={swap.isSuccess}>
          Swap in
        </Button>
        <Button
          variant="default"
          onClick={() => discard.mutate()}
          loading={discard.isPending || discard.isSuccess}
          disabled={!mayAct}
        >
          Discard
        </Button>
      </div>
      <Modal opened={asking} onClose={close} title="Swap the result in?" centered>
        <p className="rewind-note">
          The rows of the range are replaced in one step per table. Events go on being accepted; they appear
          in charts a few seconds later than usual. The rows of before are removed.
        </p>
        <div className="rewind-actions">
          <Button onClick={() => swap.mutate()} loading={swap.isPending} data-autofocus>
            Swap in
          </Button>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
        </div>
      </Modal>
    </>
  );
}
