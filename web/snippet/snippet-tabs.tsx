import { Tabs } from '@mantine/core';
import { CopyButton } from './copy-button.tsx';
import { type Snippet, snippets as trackers } from './snippets.ts';

interface SnippetTabsProps {
  readonly writeKey: string;
  readonly snippets?: readonly Snippet[];
  /** Id of the one that is open first. */
  readonly first?: string | undefined;
}

/** The code that sends a first event, per client, with the key filled in. */
export function SnippetTabs({ writeKey, snippets = trackers, first }: SnippetTabsProps) {
  const origin = window.location.origin;
  const opened = snippets.find(({ id }) => id === first) ?? snippets[0];
  return (
    <Tabs defaultValue={opened?.id ?? null} variant="none">
      {snippets.length < 2 ? null : (
        <Tabs.List className="plain-tabs plain-tabs-wide" aria-label="Client">
          {snippets.map(({ id, label }) => (
            <Tabs.Tab key={id} value={id} className="plain-tab">
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      )}
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
