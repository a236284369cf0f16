import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface PageProps {
  readonly title: string;
  readonly note?: ReactNode;
  /** Right of the title: the controls of the whole page. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, note, tools, children }: PageProps) {
  useDocumentTitle(`${title} · Tributary`);
  return (
    <main className="page" id="main">
      <div className="page-head">
        <div className="page-name">
          <h1 className="page-title">{title}</h1>
          {note === undefined ? null : <div className="page-note">{note}</div>}
        </div>
        {tools === undefined ? null : <div className="page-tools">{tools}</div>}
      </div>
      {children}
    </main>
  );
}
