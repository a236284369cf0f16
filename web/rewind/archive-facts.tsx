import { Alert } from '@mantine/core';
import type { ArchiveHolding } from '../../src/contract/rewind.ts';
import { ago } from '../format/duration.ts';
import { counted } from '../format/number.ts';
import { moment } from '../format/time.ts';

interface ArchiveFactsProps {
  readonly archive: ArchiveHolding;
  readonly timezone: string;
  readonly now: number;
}

/** What of the past can be processed again. */
export function ArchiveFacts({ archive, timezone, now }: ArchiveFactsProps) {
  const { enabled, days, files, bytes, from, to, waiting, writtenAt, problem, folder } = archive;
  return (
    <>
      {problem === null ? null : (
        <Alert color="red" title="The archive is stopped" mb="sm">
          {problem}. The log keeps every record until it goes on.
        </Alert>
      )}
      <dl className="rewind-facts">
        <dt>Kept</dt>
        <dd>{enabled ? `${days} days` : 'Off (archive-days is 0): only the log can be processed again'}</dd>
        <dt>Holds</dt>
        <dd>
          {from === null || to === null
            ? 'Nothing yet'
            : `${moment(from, timezone)} to ${moment(Math.min(to, now), timezone)}, ${counted(files, 'file', 'files')}, ${size(bytes)}`}
        </dd>
        <dt>Waiting</dt>
        <dd>
          {counted(waiting, 'record is', 'records are')} only in the log
          {writtenAt === null ? '' : `; last written ${ago(writtenAt, now)}`}
        </dd>
        <dt>Folder</dt>
        <dd>{folder}</dd>
      </dl>
    </>
  );
}

function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes >= 1024) return `${(mebibytes / 1024).toFixed(1)} GB`;
  return mebibytes >= 0.1 ? `${mebibytes.toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`;
}
