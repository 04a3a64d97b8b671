import type { ComponentChildren } from 'preact';
import './button.css';
import { Icon, type IconName } from './icons.tsx';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly icon?: IconName;
  readonly look?: Look;
  readonly isDisabled?: boolean;
  /** Something that it has begun is under way: it waits. */
  readonly isBusy?: boolean;
  /** Of a button that stays down. */
  readonly isPressed?: boolean;
  readonly type?: 'button' | 'submit';
  /** Further words for those who hear it, where its own do not say enough: "Delete run-1". */
  readonly says?: string;
}

/** A button with words. One `primary` a view. */
export function Button({
  children,
  onClick,
  icon,
  look = 'plain',
  isDisabled = false,
  isBusy = false,
  isPressed,
  type = 'button',
  says,
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button ${look}`}
      disabled={isDisabled || isBusy}
      aria-busy={isBusy}
      aria-pressed={isPressed}
      aria-label={says}
      onClick={onClick}
    >
      {isBusy ? <span class="spinner" /> : icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A link that looks like a button: it goes somewhere, and can be opened in another tab. */
export function LinkButton({
  children,
  href,
  icon,
  look = 'plain',
  download,
}: Pick<ButtonProps, 'children' | 'icon' | 'look'> & { readonly href: string; readonly download?: string }) {
  return (
    <a class={`button ${look}`} href={href} download={download}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

/** A button with a drawing alone; its words are its tooltip. */
export function IconButton({
  icon,
  label,
  keys,
  onClick,
  isDisabled = false,
  isPressed,
  look = 'quiet',
}: {
  readonly icon: IconName;
  readonly label: string;
  /** The shortcut, to be told in the tooltip. */
  readonly keys?: string;
  readonly onClick: () => void;
  readonly isDisabled?: boolean;
  readonly isPressed?: boolean;
  readonly look?: Look;
}) {
  return (
    <button
      type="button"
      class={`button icon ${look}`}
      aria-label={label}
      aria-pressed={isPressed}
      data-tip={keys === undefined ? label : `${label} (${keys})`}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
