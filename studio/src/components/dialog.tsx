import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { problemOf } from '../api.ts';
import { Button, IconButton } from './button.tsx';
import './dialog.css';
import { TextField } from './field.tsx';

/** A window over the page that keeps the focus until it is closed; render it only while it is open. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    const field = dialog.current?.querySelector<HTMLElement>('input, select, textarea');
    (field ?? dialog.current)?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} tabIndex={-1} closedby="any" onClose={onClose}>
      <div class="dialog-content tips-left">
        <header class="row">
          <h2 id={id}>{title}</h2>
          <span class="row-end">
            <IconButton icon="close" label="Close" keys="Esc" onClick={onClose} />
          </span>
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Asks for a word to be typed before something that cannot be undone is done. */
export function ConfirmDialog({
  title,
  word,
  action,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  /** What must be typed: the name of what is lost. */
  readonly word: string;
  /** Words of the button: "Delete the run". */
  readonly action: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  /** What will happen. */
  readonly children: ComponentChildren;
}) {
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === word) void confirm();
        }}
      >
        <div>{children}</div>
        <TextField label={`Type ${word} to confirm`} value={typed} onInput={setTyped} error={problem} />
        <div class="row dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" icon="trash" isDisabled={typed !== word} isBusy={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
