/** A state in a word, with its colour. */
export function StateMark({ tone, word }: { tone: 'good' | 'warn' | 'bad' | undefined; word: string }) {
  return (
    <span className="state" data-tone={tone}>
      {word}
    </span>
  );
}
