import { Button } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { CallError } from '../call.ts';

interface FailureProps {
  readonly error: Error;
  /** What to do here, when the page knows better than the error's own advice. */
  readonly advice?: string;
  readonly onRetry?: (() => void) | undefined;
}

/** What went wrong, in the words of the server, and what to do. */
export function Failure({ error, advice, onRetry }: FailureProps) {
  // how to mend a request is advice for programs: here the message names the field
  const told =
    advice ?? (error instanceof CallError && error.code !== 'bad-request' ? error.advice : undefined);
  return (
    <div className="failure" role="alert">
      <IconAlertTriangle size={20} stroke={1.5} aria-hidden="true" />
      <div>
        <p className="failure-message">{sentence(inWordsOfForms(error.message))}</p>
        {told === undefined ? null : <p className="failure-advice">{told}</p>}
        {onRetry ? (
          <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={onRetry} mt={8}>
            Try again
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/** The server's words are the end of a line in a terminal, and a sentence here; what is quoted stays as it is. */
function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

/** What forms call the fields of the API. */
const labels: Readonly<Record<string, string>> = {
  email: 'E-mail',
  events: 'Events',
  keepHours: 'How long the old key works',
  key: 'Key',
  mapping: 'Mapping',
  name: 'Name',
  origins: 'Origins',
  password: 'Password',
  requestsPerSecond: 'Requests per second',
  secret: 'Secret',
  timezone: 'Time zone',
};

/** `"requestsPerSecond": …` as a program is told, `“Requests per second”: …` as a person is; `origins.0` is one of several. */
function inWordsOfForms(message: string): string {
  return message.replace(/"(\w+)(?:\.\d+)?"/g, (quoted, field: string) => {
    const label = Object.hasOwn(labels, field) ? labels[field] : undefined;
    return label === undefined ? quoted : `“${label}”`;
  });
}
