import type { ReactNode } from 'react';

interface PanelProps {
  readonly title?: ReactNode;
  /** Right of the title. */
  readonly tools?: ReactNode;
  readonly label?: string;
  /** Content reaches the border: tables. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

/** A framed part of a page. */
export function Panel({ title, tools, label, flush, children }: PanelProps) {
  const name = label ?? (typeof title === 'string' ? title : undefined);
  return (
    <section className={flush ? 'panel panel-flush' : 'panel'} aria-label={name}>
      {title === undefined && tools === undefined ? null : (
        <header className="panel-head">
          {title === undefined ? <span /> : <h2 className="panel-title">{title}</h2>}
          {tools}
        </header>
      )}
      <div className="panel-body">{children}</div>
    </section>
  );
}
