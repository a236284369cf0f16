import { Tabs } from '@mantine/core';
import { CopyButton } from './copy-button.tsx';
import { snippets } from './snippets.ts';

/** The code that sends a first event, per client, with the key filled in. */
export function SnippetTabs({ writeKey }: { writeKey: string }) {
  const origin = window.location.origin;
  return (
    <Tabs defaultValue={snippets[0]?.id ?? null} variant="none">
      <Tabs.List className="plain-tabs plain-tabs-wide" aria-label="Client">
        {snippets.map(({ id, label }) => (
          <Tabs.Tab key={id} value={id} className="plain-tab">
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {snippets.map(({ id, where, code }) => {
        const text = code(origin, writeKey);
        return (
          <Tabs.Panel key={id} value={id}>
            <div className="snippet-head">
              <span className="panel-note">{where}</span>
              <CopyButton text={text} />
            </div>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
            <pre className="code" tabIndex={0}>
              <code>{text}</code>
            </pre>
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}
