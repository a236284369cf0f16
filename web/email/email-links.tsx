import { Button, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { EmailLinksResult } from '../../src/contract/door-endpoints.ts';
import type { Source } from '../../src/contract/source.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { CopyButton } from '../snippet/copy-button.tsx';
import './email.css';

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A line with an @ is an address, else the product's own id of the recipient. */
const recipientOf = (line: string) => (line.includes('@') ? { recipient: line } : { user: line });

/** A form that makes the signed pixel and links of a message; programs do the same over the API. */
export function EmailLinks({ source }: { readonly source: Source }) {
  const [message, setMessage] = useState('');
  const [recipients, setRecipients] = useState('');
  const [urls, setUrls] = useState('');
  const make = useMutation({
    mutationFn: () =>
      call('makeEmailLinks', {
        project: source.project,
        source: source.id,
        message: message.trim(),
        recipients: linesOf(recipients).map(recipientOf),
        urls: linesOf(urls),
      }),
  });
  return (
    <Panel title="Make links">
      <form
        className="email-form"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <TextInput
          className="email-wide"
          label="Message"
          description="Names the e-mail in reports: welcome, invoice-2026-11"
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
          maxLength={200}
          required
        />
        <Textarea
          label="Recipients"
          description="One per line: an address, or your own id of a user"
          placeholder={'ada@example.com\nuser_42'}
          value={recipients}
          onChange={(event) => setRecipients(event.currentTarget.value)}
          autosize
          minRows={3}
          maxRows={8}
          required
        />
        <Textarea
          label="Links in the message"
          description="One per line; clicks are counted, then lead here"
          placeholder="https://example.com/start"
          value={urls}
          onChange={(event) => setUrls(event.currentTarget.value)}
          autosize
          minRows={3}
          maxRows={8}
        />
        <div className="email-wide">
          <Button
            type="submit"
            size="sm"
            loading={make.isPending}
            disabled={message.trim() === '' || linesOf(recipients).length === 0}
          >
            Make links
          </Button>
        </div>
        {make.error ? <Failure error={make.error} /> : null}
      </form>
      {make.data ? <Links result={make.data} /> : null}
    </Panel>
  );
}

const shown = 20;

function Links({ result: { links } }: { readonly result: EmailLinksResult }) {
  return (
    <div className="email-links" data-testid="email-links">
      {links.slice(0, shown).map(({ user, recipient, html, clicks }) => (
        <div key={`${user} ${recipient}`}>
          <div className="snippet-head">
            <h3>{recipient ?? user}</h3>
            <CopyButton text={[html, ...clicks.map(({ link }) => link)].join('\n')} />
          </div>
          <pre className="code">
            {[html, ...clicks.flatMap(({ url, link }) => ['', url, link])].join('\n')}
          </pre>
        </div>
      ))}
      {links.length > shown ? (
        <div className="snippet-head">
          <p className="panel-note">and {links.length - shown} more recipients</p>
          <CopyButton
            label="Copy all as JSON lines"
            text={links.map((link) => JSON.stringify(link)).join('\n')}
          />
        </div>
      ) : null}
    </div>
  );
}
