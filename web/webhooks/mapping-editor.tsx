import CodeMirror, { EditorView } from '@uiw/react-codemirror';

const frame = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--text)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { caretColor: 'var(--text)', padding: '12px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
});

interface MappingEditorProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly editable: boolean;
  /** For those who hear the page. */
  readonly label?: string;
  readonly placeholder?: string;
}

const example = '{\n  "event": "Conversation opened",\n  "userId": data.user.id,\n  "properties": data\n}';

export function MappingEditor({
  value,
  onChange,
  editable,
  label = 'Mapping',
  placeholder = example,
}: MappingEditorProps) {
  return (
    <CodeMirror
      className="webhook-editor"
      value={value}
      onChange={onChange}
      editable={editable}
      extensions={[frame, EditorView.lineWrapping, EditorView.contentAttributes.of({ 'aria-label': label })]}
      theme="none"
      minHeight="220px"
      maxHeight="420px"
      placeholder={placeholder}
      // Tab leaves the editor: nobody is trapped who has only a keyboard.
      indentWithTab={false}
      basicSetup={{
        foldGutter: false,
        highlightActiveLine: false,
        searchKeymap: false,
        autocompletion: false,
      }}
    />
  );
}
