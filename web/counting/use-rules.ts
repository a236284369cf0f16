import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Input } from '../../src/contract/endpoints.ts';
import { call } from '../call.ts';
import { useSession } from '../session/session.tsx';

type Sections = Omit<Input<'changeProjectSettings'>, 'project'>;

/** Changes sections of the project's settings; every chart is asked for again, since the past counts by them, too. */
export function useChangeRules() {
  const { project } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (sections: Sections) => call('changeProjectSettings', { project: project.id, ...sections }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      notifications.show({ message: 'Saved. It holds for the past, too.' });
    },
  });
}
