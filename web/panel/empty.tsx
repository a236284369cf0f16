import type { ReactNode } from 'react';

/** Nothing to show, and what to do about it. */
export function EmptyPanel({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty" role="status">
      <svg viewBox="0 0 96 28" width="96" height="28" aria-hidden="true">
        <g fill="none" stroke="currentColor" strokeLinecap="round" strokeWidth="1.5">
          <path d="M2 7c8 0 8 5 16 5s8-5 16-5 8 5 16 5 8-5 16-5 8 5 16 5 8-5 12-5" opacity=".9" />
          <path d="M14 18c8 0 8 5 16 5s8-5 16-5 8 5 16 5 8-5 16-5" opacity=".45" />
        </g>
      </svg>
      <p className="empty-title">{title}</p>
      {children === undefined ? null : <div className="empty-text">{children}</div>}
    </div>
  );
}
