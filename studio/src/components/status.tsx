/** What has just happened, said to those who look and to those who listen. */
import { signal } from '@preact/signals';
import { IconButton } from './button.tsx';
import './status.css';

interface Message {
  readonly id: number;
  readonly text: string;
  readonly kind: 'done' | 'problem';
}

const messages = signal<readonly Message[]>([]);
const spoken = signal('');
let newestId = 0;
const shownMs = 4500;

/** Says something to screen readers alone: what everybody else sees change. */
export function announce(text: string): void {
  spoken.value = text;
}

/** A note at the foot of the window. Problems stay until they are closed. */
export function notify(text: string, kind: Message['kind'] = 'done'): void {
  newestId += 1;
  const id = newestId;
  messages.value = [...messages.peek(), { id, text, kind }].slice(-4);
  if (kind === 'done') setTimeout(() => dismiss(id), shownMs);
}

function dismiss(id: number): void {
  messages.value = messages.peek().filter((message) => message.id !== id);
}

/** Where notes appear; the shell has it. */
export function StatusRegion() {
  return (
    <>
      <p class="unseen" role="status">
        {spoken.value}
      </p>
      <ul class="notes tips-left" aria-live="polite">
        {messages.value.map(({ id, text, kind }) => (
          <li key={id} class={`note ${kind}`}>
            <span>{text}</span>
            <IconButton icon="close" label="Close this note" onClick={() => dismiss(id)} />
          </li>
        ))}
      </ul>
    </>
  );
}
