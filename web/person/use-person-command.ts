import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { PersonCommandResult } from '../../src/contract/person-endpoints.ts';

/** What the page says about the last command. */
export interface Told {
  readonly text: string;
  readonly tone: 'good' | 'warn';
}

const about = new Set<unknown>(['person', 'personEvents', 'searchPeople', 'identityHistory', 'previewMerge']);

/** Gives a command, waits until the pipeline has applied it, shows everything about persons anew, and tells what became of it. */
export function usePersonCommand<Given>(
  give: (given: Given) => Promise<PersonCommandResult>,
  onDone: (told: Told) => void,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: give,
    onSuccess: async (result) => {
      await queries.invalidateQueries({ predicate: ({ queryKey }) => about.has(queryKey[0]) });
      onDone(tell(result));
    },
  });
}

function tell({ applied, changes }: PersonCommandResult): Told {
  if (!applied)
    return {
      tone: 'warn',
      text: 'Accepted. The pipeline is behind and will apply it when it gets there; nothing is lost.',
    };
  const refused = changes.find(({ action }) => action === 'refused');
  if (refused) return { tone: 'warn', text: `Not done: ${refused.reason}.` };
  if (changes.length === 0) return { tone: 'warn', text: 'Nothing changed: it was so already.' };
  return { tone: 'good', text: 'Done. All numbers, past ones too, count it from now on.' };
}
