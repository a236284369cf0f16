import { SQLDialect, type SQLDialectSpec, sql } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import CodeMirror, { EditorView, keymap, Prec } from '@uiw/react-codemirror';
import { useMemo } from 'react';
import { eventColumns } from '../../src/contract/columns.ts';

const dialect: SQLDialectSpec = {
  keywords:
    'select from where group by order having limit offset with as and or not in is null like ilike between case when then else end join left right inner full cross any all on using union distinct prewhere final sample array settings format asc desc interval',
  builtin:
    'count uniq uniqExact sum avg min max quantile median any argMax argMin groupArray countIf sumIf uniqIf toDate toDateTime toStartOfHour toStartOfDay toStartOfWeek toStartOfMonth now today yesterday JSONExtractString JSONExtractFloat JSONExtractInt windowFunnel retention if multiIf coalesce round',
  types:
    'String UInt8 UInt16 UInt32 UInt64 Int8 Int16 Int32 Int64 Float32 Float64 Date DateTime DateTime64 Array',
  identifierQuotes: '`"',
  backslashEscapes: true,
  hashComments: true,
};

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
  { tag: [tags.comment], color: 'var(--faint)', fontStyle: 'italic' },
  { tag: [tags.standard(tags.name), tags.typeName], color: 'var(--code-name)' },
]);

const frame = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--text)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { caretColor: 'var(--text)', padding: '12px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--accent)',
  },
});

interface SqlEditorProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
}

export function SqlEditor({ value, onChange, onRun }: SqlEditorProps) {
  const language = useMemo(() => {
    const columns = [
      ...eventColumns.map(({ name }) => name),
      'project',
      'event_id',
      'timestamp',
      'received_at',
    ];
    return sql({
      dialect: SQLDialect.define(dialect),
      schema: {
        tributary: {
          events: columns,
          sessions: [],
          persons: [],
          accounts: [],
          logs: [],
          quarantine: [],
          ledger: [],
        },
      },
      upperCaseKeywords: true,
    });
  }, []);
  const keys = useMemo(
    () =>
      // Above the editor's own binding, which opens a new line.
      Prec.highest(
        keymap.of([
          {
            key: 'Mod-Enter',
            run: () => {
              onRun();
              return true;
            },
          },
        ]),
      ),
    [onRun],
  );
  return (
    <CodeMirror
      value={value}
      onChange={onChange}
      extensions={[keys, language, frame, syntaxHighlighting(colours), EditorView.lineWrapping]}
      theme="none"
      minHeight="140px"
      maxHeight="360px"
      // Tab leaves the editor: nobody is trapped who has only a keyboard.
      indentWithTab={false}
      basicSetup={{ foldGutter: false, highlightActiveLine: false, searchKeymap: false }}
      aria-label="SQL"
    />
  );
}
