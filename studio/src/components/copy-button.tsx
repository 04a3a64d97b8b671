import { useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { announce, notify } from './status.tsx';

const doneMs = 1600;

/** Copies a text: "Copy link", "Copy command". `text` is asked for when it is pressed. */
export function CopyButton({
  label,
  text,
  says,
}: {
  readonly label: string;
  readonly text: () => string;
  readonly says?: string;
}) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setDone(true);
      announce('Copied');
      setTimeout(() => setDone(false), doneMs);
    } catch {
      notify(`The browser does not let this page copy. It would have been:\n${text()}`, 'problem');
    }
  };
  return (
    <Button icon={isDone ? 'check' : 'copy'} onClick={() => void copy()} {...(says !== undefined && { says })}>
      {isDone ? 'Copied' : label}
    </Button>
  );
}
