import type { Role } from '../../src/contract/endpoints.ts';

export const roleOptions: { value: Role; label: string }[] = [
  { value: 'viewer', label: 'Viewer: sees everything' },
  { value: 'editor', label: 'Editor: also SQL, keys and names' },
  { value: 'admin', label: 'Administrator: also people and deletion' },
];
