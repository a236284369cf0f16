import { Button, Stack } from '@mantine/core';
import { CopyButton } from '../snippet/copy-button.tsx';

interface ShownOnceProps {
  readonly label: string;
  readonly secret: string;
  readonly note: string;
  readonly onDone: () => void;
}

/** A secret that the server will not tell again. */
export function ShownOnce({ label, secret, note, onDone }: ShownOnceProps) {
  return (
    <Stack gap="sm">
      <div>
        <p className="panel-note">{label}</p>
        <pre className="code secret" data-testid="secret">
          {secret}
        </pre>
      </div>
      <p className="muted">{note}</p>
      <div className="page-tools">
        <CopyButton text={secret} />
        <Button onClick={onDone}>Done</Button>
      </div>
    </Stack>
  );
}
