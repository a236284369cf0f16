import { Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { PrivacyRules } from '../../src/contract/privacy-settings.ts';
import { counted } from '../format/number.ts';
import { Failure } from '../panel/failure.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';

const example = 'https://shop.example/reset?email=jane%40example.com&token=s3cr3t&utm_source=mail';

/** Shows what these rules leave of a text, before they are saved. */
export function TryMasking({ rules }: { readonly rules: PrivacyRules }) {
  const { project } = useSession();
  const [text, setText] = useState(example);
  const [asked] = useDebouncedValue(text, 250);
  const { userIds, emails } = rules.pseudonyms;
  const hasPseudonyms =
    userIds ||
    emails ||
    [
      ...Object.values(rules.urls),
      ...Object.values(rules.properties),
      ...Object.values(rules.fields),
    ].includes('pseudonym');
  const result = useCall('tryPrivacy', { project: project.id, text: asked, rules }, { keep: true });
  return (
    <div className="privacy-try">
      <Textarea
        label="Try it"
        description="An address, the JSON of an event, or a line of a log"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={100_000}
        minRows={4}
        maxRows={12}
        autosize
        classNames={{ input: 'mono' }}
      />
      <div>
        <p className="panel-note">
          What is kept{result.data ? `: ${counted(result.data.changes, 'change', 'changes')}` : ''}
          {hasPseudonyms && '. Pseudonyms are examples: those that are kept are made with another key'}
        </p>
        {result.error ? (
          <Failure error={result.error} />
        ) : (
          <pre className="privacy-kept mono">{result.data?.kept ?? ''}</pre>
        )}
      </div>
    </div>
  );
}
