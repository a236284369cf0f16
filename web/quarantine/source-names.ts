import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';

/** Names of sources by their ids, for those who may know them. */
export function useSourceNames(): (id: string) => string {
  const { me, project } = useSession();
  const sources = useCall('listSources', { project: project.id }, { enabled: mayAct(me, 'editor') });
  return (id) => {
    if (id === '') return 'Without a key';
    const name = sources.data?.sources.find((source) => source.id === id)?.name;
    return name === undefined || name === '' ? id : name;
  };
}
