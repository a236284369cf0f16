import type { ColumnName } from '../../src/contract/columns.ts';

interface BreakdownList {
  readonly title: string;
  readonly tabs: readonly { readonly property: ColumnName; readonly label: string }[];
}

/** The four lists of the overview and what each can show. */
export const breakdownLists: readonly BreakdownList[] = [
  {
    title: 'Sources',
    tabs: [
      { property: 'channel', label: 'Channel' },
      { property: 'source', label: 'Source' },
      { property: 'campaign', label: 'Campaign' },
      { property: 'referrer', label: 'Referrer' },
      { property: 'medium', label: 'Medium' },
      { property: 'term', label: 'Term' },
      { property: 'content', label: 'Content' },
    ],
  },
  {
    title: 'Pages',
    tabs: [
      { property: 'path', label: 'Top' },
      { property: 'entry_path', label: 'Entry' },
      { property: 'exit_path', label: 'Exit' },
    ],
  },
  {
    title: 'Places',
    tabs: [
      { property: 'country', label: 'Country' },
      { property: 'region', label: 'Region' },
      { property: 'city', label: 'City' },
      { property: 'language', label: 'Language' },
    ],
  },
  {
    title: 'Devices',
    tabs: [
      { property: 'device_type', label: 'Type' },
      { property: 'browser', label: 'Browser' },
      { property: 'os', label: 'OS' },
      { property: 'screen', label: 'Screen' },
    ],
  },
];
