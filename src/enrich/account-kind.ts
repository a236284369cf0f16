/** What kind of account it is when the client does not say. */
export const defaultKind = 'company';

/** Kinds of accounts that are remembered of one person; products have two or three. */
export const maxKinds = 20;

const maxLength = 128;

/** The kind as it is stored: bounded, and without the character that keys of the state are divided by. */
export function kindOf(kind: string | undefined): string {
  return kind?.slice(0, maxLength).replaceAll('\0', '') || defaultKind;
}
