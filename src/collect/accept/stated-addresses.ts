interface Sent {
  readonly query: string;
  readonly body: Buffer;
}

/**
 * Hides addresses that a protocol carries under names of its own, such as Matomo's `cip`: as parameters of a query, a form, a line
 * of one or a query inside of JSON, and as fields of JSON, that inside of a form too. The names are plain words.
 */
export function addressHider(
  names: readonly string[],
): (sent: Sent, hide: (address: string) => string) => Sent {
  const any = names.join('|');
  const inParameters = new RegExp(`(^|[&?"\\n]|\\\\n|\\\\u0026)(${any})=([^&"\\\\\\s]*)`, 'g');
  const inJson = new RegExp(`"(${any})"(\\s{0,9}:\\s{0,9})"([^"]{0,200})"`, 'g');
  const inFormJson = new RegExp(
    `(%22(?:${any})%22(?:%20|\\+){0,9}%3[aA](?:%20|\\+){0,9}%22)((?:(?!%22)[^&]){0,200})(?=%22)`,
    'g',
  );
  const marks = names.map((name) => Buffer.from(name));

  return ({ query, body }, hide) => {
    const parameters = (text: string): string =>
      text
        .replace(
          inParameters,
          (_all, before: string, name: string, value: string) =>
            `${before}${name}=${encodeURIComponent(hide(decoded(value)))}`,
        )
        .replace(
          inFormJson,
          (_all, before: string, value: string) => before + encodeURIComponent(hide(decoded(value))),
        );
    // latin1 maps bytes to characters one to one, so whatever else the body holds comes back unchanged
    const hidden = marks.some((mark) => body.includes(mark))
      ? Buffer.from(
          parameters(body.toString('latin1')).replace(
            inJson,
            (_all, name: string, colon: string, value: string) => `"${name}"${colon}"${hide(value)}"`,
          ),
          'latin1',
        )
      : body;
    return { query: parameters(query), body: hidden };
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
}
