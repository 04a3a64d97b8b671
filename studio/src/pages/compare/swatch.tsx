/** A run's colour. */
export function Swatch({ colour }: { readonly colour: string | undefined }) {
  return <span class="swatch" style={{ background: `var(${colour})` }} />;
}
