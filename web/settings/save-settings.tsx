import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Input } from '../../src/contract/endpoints.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { mayAct, useSession } from '../session/session.tsx';

type Sections = Omit<Input<'changeProjectSettings'>, 'project'>;

/** Changes sections of the project's settings, then asks for everything that is shown again. `told`: what the change means, for whoever made it. */
export function useSaveSettings(told: string) {
  const { project } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (sections: Sections) => call('changeProjectSettings', { project: project.id, ...sections }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      notifications.show({ message: `Saved. ${told}` });
    },
  });
}

interface SaveProps {
  readonly save: Pick<UseMutationResult<unknown, Error, never>, 'error' | 'isPending'>;
  /** Whether there is something to save. */
  readonly changed: boolean;
}

/** The end of a form of settings: what went wrong, and the button for who may change them. */
export function SaveSettings({ save, changed }: SaveProps) {
  const { me } = useSession();
  return (
    <>
      {save.error ? <Failure error={save.error} /> : null}
      {mayAct(me, 'admin') ? (
        <div>
          <Button type="submit" size="sm" loading={save.isPending} disabled={!changed}>
            Save
          </Button>
        </div>
      ) : null}
    </>
  );
}
