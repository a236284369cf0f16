const alphabet = /^[\w+/ -]{12,}={0,2}$/;

/** Changes JSON that is written in base64, of either alphabet and with or without padding; undefined when it is none. */
export function base64Json(text: string, change: (json: string) => string): string | undefined {
  if (!alphabet.test(text)) return undefined;
  const json = Buffer.from(text.replaceAll(' ', '+'), 'base64').toString('latin1').trimEnd();
  const [first, last] = [json[0], json.at(-1)];
  if ((first !== '{' && first !== '[') || (last !== '}' && last !== ']')) return undefined;
  const changed = change(json);
  if (changed === json) return text;
  const encoded = Buffer.from(changed, 'latin1').toString(/[-_]/.test(text) ? 'base64url' : 'base64');
  const padded = encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=');
  return text.length % 4 === 0 ? padded : padded.replace(/=+$/, '');
}
