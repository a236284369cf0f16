import { Tabs } from '@mantine/core';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { CopyButton } from './copy-button.tsx';
import { type Snippet, snippets as trackers } from './snippets.ts';

interface SnippetTabsProps {
  readonly writeKey: string;
  /** Path of our tracker's script. */
  readonly script: string;
  readonly snippets?: readonly Snippet[];
}

/** The code that sends a first event, per client, with the key filled in. The address names the one that is open, so that it survives a reload. */
export function SnippetTabs({ writeKey, script, snippets = trackers }: SnippetTabsProps) {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const origin = window.location.origin;
  const opened = snippets.find(({ id }) => id === hash) ?? snippets[0];
  const open = (id: string | null) =>
    void navigate({ to: '.', search: true, hash: id ?? '', replace: true, resetScroll: false });
  return (
    <Tabs value={opened?.id ?? null} onChange={open} variant="none">
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
        const text = code(origin, writeKey, script);
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
