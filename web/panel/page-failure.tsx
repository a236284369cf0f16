import type { ErrorComponentProps } from '@tanstack/react-router';
import { Failure } from './failure.tsx';

/** A page that could not be drawn, or whose code could not be loaded after an update of the server. */
export function PageFailure({ error }: ErrorComponentProps) {
  const shown = error instanceof Error ? error : new Error(String(error));
  return (
    <div className="page">
      <Failure error={shown} onRetry={() => window.location.reload()} />
    </div>
  );
}
