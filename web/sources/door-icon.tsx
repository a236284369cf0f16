import {
  IconBraces,
  IconBrandAws,
  IconBrandGithub,
  IconBrandMailgun,
  IconBrandSlack,
  IconBrandStripe,
  IconBrandTelegram,
  IconDeviceAnalytics,
  IconFileImport,
  IconFileText,
  IconMailForward,
  IconMailOpened,
} from '@tabler/icons-react';
import type { Door } from '../../src/contract/source.ts';

const icons = {
  tracker: IconDeviceAnalytics,
  stripe: IconBrandStripe,
  slack: IconBrandSlack,
  github: IconBrandGithub,
  telegram: IconBrandTelegram,
  sendgrid: IconMailForward,
  mailgun: IconBrandMailgun,
  postmark: IconMailForward,
  ses: IconBrandAws,
  generic: IconBraces,
  email: IconMailOpened,
  logs: IconFileText,
  import: IconFileImport,
} as const satisfies Record<Door, unknown>;

export function DoorIcon({ door, size = 18 }: { door: Door; size?: number }) {
  const Icon = icons[door];
  return <Icon size={size} stroke={1.5} aria-hidden="true" className="door-icon" />;
}
