/** What `fetch` needs for one call: pure, so that it can be tested without a server. */
export interface PreparedRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
}

/** Fills `:name` in the path from the input; the rest becomes the query of a GET or DELETE, else the JSON body. */
export function prepareRequest(route: string, input: Readonly<Record<string, unknown>>): PreparedRequest {
  const space = route.indexOf(' ');
  const method = route.slice(0, space);
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const path = route.slice(space + 1).replace(/:(\w+)/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    if (typeof value !== 'string') throw new Error(`${route}: ${name} is missing`);
    return encodeURIComponent(value);
  });
  if (method === 'GET' || method === 'DELETE') {
    const query = new URLSearchParams([...rest].map(([name, value]) => [name, String(value)])).toString();
    return { method, url: query === '' ? path : `${path}?${query}`, body: undefined };
  }
  return { method, url: path, body: JSON.stringify(Object.fromEntries(rest)) };
}
