import { z } from 'zod';
import { maxLinkUrl } from './email-link.ts';

const project = z.string().min(1).max(64);
const source = z.string().min(1).max(64);

/** One request of a webhook as it was received. */
export const deliverySchema = z.object({
  /** Its place in the log; names it when a mapping is tried. */
  offset: z.number(),
  receivedAt: z.number(),
  /** The kept headers, those of the sender among them. */
  headers: z.record(z.string(), z.string()),
  query: z.string(),
  /** Text; base64 when it is none. */
  body: z.string(),
  encoding: z.enum(['text', 'base64']),
  /** The body was longer, and the rest of it is not here. */
  cut: z.boolean(),
});
export type ReceivedDelivery = z.infer<typeof deliverySchema>;

/** What a mapping would make of one delivery. */
export const mappedSchema = z.object({
  /** In the shape in which a mapping gives them. */
  events: z.array(z.record(z.string(), z.unknown())),
  failures: z.array(z.object({ reason: z.string(), detail: z.string() })),
});
export type Mapped = z.infer<typeof mappedSchema>;

/** One of both at least. */
const recipientSchema = z.object({
  /** The product’s own id of the recipient. */
  user: z.string().min(1).max(300).optional(),
  /** The address; leave it out to keep it out of the link. */
  recipient: z.string().min(3).max(320).optional(),
});

export const emailLinksResult = z.object({
  links: z.array(
    z.object({
      user: z.string().nullable(),
      recipient: z.string().nullable(),
      /** Address of the pixel, and the HTML to put at the end of the message. */
      pixel: z.string(),
      html: z.string(),
      /** For each URL the link that counts the click and leads there. */
      clicks: z.array(z.object({ url: z.string(), link: z.string() })),
    }),
  ),
});
export type EmailLinksResult = z.infer<typeof emailLinksResult>;

/** The rows of the endpoint table about webhooks and e-mails. */
export const doorEndpoints = {
  lastDeliveries: {
    method: 'GET',
    path: '/api/projects/:project/sources/:source/deliveries',
    access: 'editor',
    scope: 'project',
    summary: 'The last requests that a webhook’s source received, newest first, as long as the log has them',
    input: z.object({ project, source, limit: z.coerce.number().int().min(1).max(50).default(10) }),
    output: z.object({ deliveries: z.array(deliverySchema) }),
  },
  tryMapping: {
    method: 'POST',
    path: '/api/projects/:project/sources/:source/mapping/try',
    access: 'editor',
    scope: 'project',
    summary:
      'The events that a JSONata text would make of received deliveries (by offset) and of bodies given here; stores nothing',
    input: z.object({
      project,
      source,
      mapping: z.string().min(1).max(20_000),
      offsets: z.array(z.number().int().min(1)).max(20).default([]),
      bodies: z.array(z.string().max(200_000)).max(20).default([]),
    }),
    output: z.object({ results: z.array(mappedSchema) }),
  },
  makeEmailLinks: {
    method: 'POST',
    path: '/api/projects/:project/sources/:source/email-links',
    access: 'editor',
    scope: 'project',
    summary: 'Signed pixel and links of a message, for each of up to 1,000 recipients',
    input: z.object({
      project,
      source,
      message: z.string().min(1).max(200),
      recipients: z.array(recipientSchema).min(1).max(1_000),
      urls: z.array(z.string().min(1).max(maxLinkUrl)).max(50).default([]),
    }),
    output: emailLinksResult,
  },
} as const;
