import type { AcceptedRequest } from '../../contract/request.ts';
import type { LogWriter } from '../../log/log.ts';
import { Masker, mayHold, type Rules } from '../../privacy/privacy.ts';
import { mapFrames } from '../logs/frames.ts';
import { isProtobuf, maskProtobuf } from '../otlp/mask-protobuf.ts';

type Asked = Rules | undefined | Promise<Rules | undefined>;

/** A log into which nothing goes that the rules of its project keep from disk. An answer of `rulesOf` that is no promise is the fast path. */
export function maskingWriter(log: LogWriter, rulesOf: (project: string) => Asked): LogWriter {
  return {
    append: (request) => {
      const rules = rulesOf(request.project);
      if (rules instanceof Promise) return rules.then((known) => log.append(maskRequest(request, known)));
      return log.append(maskRequest(request, rules));
    },
    close: () => log.close(),
  };
}

/** The request with what its project keeps from disk masked; the very same where there is nothing. */
export function maskRequest(request: AcceptedRequest, rules: Rules | undefined): AcceptedRequest {
  if (rules === undefined || rules.isIdle) return request;
  const masker = new Masker(rules, request.protocol);
  const query = maskQuery(request.query, rules, masker);
  const headers = maskHeaders(request.headers, masker);
  const sent = request.body as Buffer;
  const bytes = Buffer.isBuffer(sent) ? sent : Buffer.from(sent);
  const body = mayHold(bytes, rules) ? maskBody(bytes, request, masker) : request.body;
  return masker.changes === 0 ? request : { ...request, query, headers, body };
}

function maskQuery(query: string, rules: Rules, masker: Masker): string {
  return query !== '' && mayHold(Buffer.from(query, 'latin1'), rules) ? masker.form(query) : query;
}

function maskHeaders(headers: AcceptedRequest['headers'], masker: Masker): AcceptedRequest['headers'] {
  const { referer } = headers;
  if (referer === undefined || !/[?#@]/.test(referer)) return headers;
  return { ...headers, referer: masker.url(referer) };
}

function maskBody(body: Buffer, { protocol, headers }: AcceptedRequest, masker: Masker): Buffer {
  if (protocol === 'syslog' || protocol === 'logplex')
    return mapFrames(body, (message) => maskText(message, masker));
  if (protocol === 'otlp' && isProtobuf(body)) return maskProtobuf(body, masker);
  return maskText(body, masker, headers['content-type']);
}

/** latin1 maps bytes to characters one to one, so whatever is not changed comes back byte for byte. */
function maskText(body: Buffer, masker: Masker, contentType = ''): Buffer {
  const text = body.toString('latin1');
  const changed = maskedText(text, masker, contentType);
  return changed === text ? body : Buffer.from(changed, 'latin1');
}

function maskedText(text: string, masker: Masker, contentType: string): string {
  const first = /\S/.exec(text)?.[0];
  if (first === '{' || first === '[') return masker.json(text);
  if (contentType.includes('urlencoded') || /^[\w$.[\]%-]{1,100}=[^\s]*$/.test(text))
    return masker.form(text);
  return masker.lines(text);
}
