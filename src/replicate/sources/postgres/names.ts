import type { SourceFile } from '../../source-file.ts';
import type { SourceFacts } from '../../state.ts';

export function publicationName(file: SourceFile): string {
  return file.publication ?? `tributary_${file.name}`;
}

export function slotName(file: SourceFile): string {
  return file.slot ?? `tributary_${file.name.replaceAll('-', '_')}`;
}

/** Names the log that rows come from. */
export function originOf(facts: SourceFacts | undefined): string {
  return `${facts?.system} ${facts?.timeline} ${facts?.began}`;
}
