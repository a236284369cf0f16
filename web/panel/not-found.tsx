import { Link } from '@tanstack/react-router';
import { EmptyPanel } from './empty.tsx';

export function NotFound() {
  return (
    <EmptyPanel title="There is no such page">
      The address may be mistyped. <Link to="/overview">Go to the overview</Link>
    </EmptyPanel>
  );
}
