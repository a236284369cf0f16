import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { Outbound } from '../protocol.ts';

/** What a sender sends, signed as its documentation says. */
export interface Sent {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export const json = { 'content-type': 'application/json' };
const hex = (secret: string, text: string, digest = 'sha256'): string =>
  createHmac(digest, secret).update(text).digest('hex');

export function fromSlack(secret: string, event: object, at: number): Sent {
  const body = JSON.stringify(event);
  const stamp = `${Math.floor(at / 1_000)}`;
  return {
    headers: {
      ...json,
      'x-slack-request-timestamp': stamp,
      'x-slack-signature': `v0=${hex(secret, `v0:${stamp}:${body}`)}`,
    },
    body,
  };
}

export function fromTelegram(secret: string, update: object): Sent {
  return { headers: { ...json, 'x-telegram-bot-api-secret-token': secret }, body: JSON.stringify(update) };
}

export function fromStripe(secret: string, event: object, at: number): Sent {
  const body = JSON.stringify(event);
  const stamp = `${Math.floor(at / 1_000)}`;
  const signature = `t=${stamp},v1=${hex(secret, `${stamp}.${body}`)},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39`;
  return { headers: { ...json, 'stripe-signature': signature }, body };
}

export function fromGithub(secret: string, kind: string, delivery: string, payload: object): Sent {
  const body = JSON.stringify(payload);
  return {
    headers: {
      ...json,
      'x-github-event': kind,
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${hex(secret, body)}`,
    },
    body,
  };
}

/** A pair of keys such as SendGrid makes: the public one is what its customers are shown. */
const sendgridKeys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
export const sendgridKey = sendgridKeys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

export function fromSendgrid(events: readonly object[], at: number): Sent {
  const body = JSON.stringify(events);
  const stamp = `${Math.floor(at / 1_000)}`;
  const signature = sign('sha256', Buffer.from(stamp + body), sendgridKeys.privateKey).toString('base64');
  return {
    headers: {
      ...json,
      'x-twilio-email-event-webhook-timestamp': stamp,
      'x-twilio-email-event-webhook-signature': signature,
    },
    body,
  };
}

export function fromMailgun(secret: string, data: object, at: number): Sent {
  const timestamp = `${Math.floor(at / 1_000)}`;
  const token = 'a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0';
  const signature = { timestamp, token, signature: hex(secret, timestamp + token) };
  return { headers: json, body: JSON.stringify({ signature, 'event-data': data }) };
}

export function fromPostmark(userAndPassword: string, record: object): Sent {
  const authorization = `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
  return { headers: { ...json, authorization }, body: JSON.stringify(record) };
}

/** A certificate of nobody's, for a key that only these tests have; made once with openssl, valid to 2126. */
const snsKey = createPrivateKey(`-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCeWNkiK1V0XjY3
gjLnhxIiHsQ0pyHOm/q4z4kMKEwMsGEk1+HOvu8whP08giYdhEHj3r6tkiriJb6O
7oj8ijsvc55h9XuDcc0wTi+zWC3ySAFLhOBBJGE1xBScQZ6rHc4bib82W/u9Hy9J
KpGz1zAYpERyPM0kjjTpcOSOFNYZJ9RG/AbeXii9zdAWa8xdl8Yq1aKK+SJFZkLJ
D7+e7+lcz+fbrRiwa2CdOtqIY606F2dLy/g1IGuijrbz5is06TuhgN5HMl/xgPHB
f5Ae/IVoigxJtlrOyhX4S0X5EqP/eMoCW5CsW2TCyg2nWT18QwqzFBKSdnRQtE1H
Au74xJd/AgMBAAECggEABFssFppXTEZROsz8XRbth5CgHQwiAwgAe67wNZoN6YoG
E0YLHeRuFa3WWencr0lVqUfMzKhSQUO3jq7sh/ji+cts+MzHjpZhYaDj3uhEnQhX
XMdsYe5koxWFEH1mgdZ4SN4WBuuYLPdkurJ8mqaZoumfHUf/EQvh5lS5YX1BHJK4
3umoiO5XH6eSQF6+x2gcCeQLNO0PAsqNsZL3JnS4V/K+xSPY64ccK3xKO7dW48yM
75G+Y37ilPjPJYucvzfWiJvd0mTe0psLakelnoX0yY8IOJVvcDPJinxf2ZJYrhRq
5KWofyeDj6OZRqGa9mtHULbCx43KLShBk5mT50U33QKBgQDeUs8s1OsU9vFSsxfk
fTBjiYTl1nN1F6+W8JBwpTpK4FJFprUkubpzVFtHWxpt6p5ruVBr4jaf0eFR7rI4
7R7fCxgviUnRcVbBNYqXCXS7xu/VAxNdLNgzL1HjYX9k0E+jUdjZHe+KwrkE/JNB
zZ0EH75+Pok3Me2KWb3eFKccxQKBgQC2VS52LIoARiYlV2vXLmIMT0DHmipYMqdh
AiOUrIFDUG4yUvFFV6LsPymsY71UkbW2IbIhIyKKgmUQTXrw6j8sruVztR5FANkU
S4uCFNmuvfm/FY54SyAzig27xS1c4YnfC7ZfCpIgz9Z8FVrJZ1rhCkq1Nwgk0RtN
5VOpAWivcwKBgQCqcqh9gZvdzdmEguQNfGFN3s/x+jE4k3k+ap8CjdqcL1FELyRv
zKkC5Ki6k0E3BgqBImli3OLuMtXhn/QpqrnhXLslLsdWeON/a5Iea9SAZmvXTu1Y
oRn8XAoXHtexrfdwij6LbuUI6HM7PH2VlJMN51x/o2hF1dR9HoJvsjvQ1QKBgGJi
dk6X2+Mn9v9hO7SBt7BSt2689ipfMsf6on5f0uQiq0OGU+AJ2MTHlFIMA6Z1dWqQ
phCRZ9r7X1M7q6IBlBMlUHRt/6ZWPcxgsyd+3rMWmYONOzIXv4lv7dcrHz4mCQIM
zNxd1NnVrDOKRlG07mnN5t//kOpk1uniW5EvTHCXAoGALiUYlSJLgIb/DnyljqGk
38USEkG+3FarvkHlHJt6+4UxnIMbBOM4T6HQeXbdeVJYyDzwJtZXCzl4DD/hRdQ+
JX9RcsHmVUyn7qcFL5NvhqLIn+shOPqsGcjal9u0zi51qZKMRnNcUX7jwyAGG3Al
FcAxkRpKba2USOTyKj7IzGg=
-----END PRIVATE KEY-----`);
const snsCertificate = `-----BEGIN CERTIFICATE-----
MIICrjCCAZYCAQEwDQYJKoZIhvcNAQELBQAwHDEaMBgGA1UEAwwRc25zLmFtYXpv
bmF3cy5jb20wIBcNMjAwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBwxGjAY
BgNVBAMMEXNucy5hbWF6b25hd3MuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A
MIIBCgKCAQEAnljZIitVdF42N4Iy54cSIh7ENKchzpv6uM+JDChMDLBhJNfhzr7v
MIT9PIImHYRB496+rZIq4iW+ju6I/Io7L3OeYfV7g3HNME4vs1gt8kgBS4TgQSRh
NcQUnEGeqx3OG4m/Nlv7vR8vSSqRs9cwGKREcjzNJI406XDkjhTWGSfURvwG3l4o
vc3QFmvMXZfGKtWiivkiRWZCyQ+/nu/pXM/n260YsGtgnTraiGOtOhdnS8v4NSBr
oo628+YrNOk7oYDeRzJf8YDxwX+QHvyFaIoMSbZazsoV+EtF+RKj/3jKAluQrFtk
wsoNp1k9fEMKsxQSknZ0ULRNRwLu+MSXfwIDAQABMA0GCSqGSIb3DQEBCwUAA4IB
AQArFAM99dxN5VGv4XKvYTEaC8HyZeAMdIyg5YjN9uLFh3XX6cm9jZMhvmMYCHky
DKjHqJ0ske2TAwYtUiCKFFGBKWpDSfSlDtTtbMhZ6wCCEXCo6kwb3/MvzcQ6tIb9
iVsR62d02lrOxhw3AjrHx8dy/IUnSAKKLYJV1s4LBgh1ajzyqkHOeBi0hwcjz19I
atVj94ZuGFMPp4HSAGnwpV/gJXBl6ONbtGHOAX5wgh99QiK9WgnyaUlKvTt945se
go8+N0wughjRD6GeoG5QUoXR6ClTnWRol5MzDF4VkW15b0zujQ5qejGOeYPHkU0D
95eyhjuyYY5v2GzM7MpZysSg
-----END CERTIFICATE-----`;
export const snsCertUrl =
  'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-7506a1e35b36ef5a444dd1a8e7cc3ed8.pem';
export const snsTopic = 'arn:aws:sns:eu-central-1:123456789012:mail';

export interface SnsOptions {
  readonly type?: 'Notification' | 'SubscriptionConfirmation';
  readonly version?: '1' | '2';
  readonly certUrl?: string;
  readonly subscribeUrl?: string;
  readonly id?: string;
}

export function fromSns(message: string, at: number, options: SnsOptions = {}): Sent {
  const {
    type = 'Notification',
    version = '2',
    certUrl = snsCertUrl,
    id = '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  } = options;
  const confirming = type === 'SubscriptionConfirmation';
  const fields: Record<string, string> = {
    Message: message,
    MessageId: id,
    ...(confirming
      ? {
          SubscribeURL:
            options.subscribeUrl ?? 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription',
        }
      : { Subject: 'Amazon SES Email Event Notification' }),
    Timestamp: new Date(at).toISOString(),
    ...(confirming ? { Token: '2336412f37' } : {}),
    TopicArn: snsTopic,
    Type: type,
  };
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('');
  const Signature = sign(version === '2' ? 'sha256' : 'sha1', Buffer.from(text), snsKey).toString('base64');
  return {
    headers: { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': type },
    body: JSON.stringify({ ...fields, SignatureVersion: version, Signature, SigningCertURL: certUrl }),
  };
}

/** Amazon, as far as SNS needs it: hands out the certificate and hears of confirmations. */
export function amazon(): { readonly outbound: Outbound; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    outbound: {
      get: async (url) => {
        asked.push(url);
        return url.endsWith('.pem') ? { status: 200, body: snsCertificate } : { status: 200, body: '<ok/>' };
      },
    },
  };
}
