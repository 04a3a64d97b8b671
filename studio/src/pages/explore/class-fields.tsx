/** One class, or several by weights. */
import { Button, IconButton } from '../../components/button.tsx';
import { Select, Slider } from '../../components/field.tsx';
import { firstOther, mixedWith, partsOf, sharesOf, withClass, without, withWeight } from './class-mix.ts';
import type { Explorer } from './explorer.ts';
import { view } from './view.ts';

export function ClassFields({ explorer: { model, point } }: { readonly explorer: Explorer }) {
  const { classes: count, classNames } = model.images;
  if (count === 0) return null;
  const { classes } = point;
  const parts = partsOf(classes);
  const shares = sharesOf(parts);
  const options = classNames.map((label, index) => ({ value: String(index), label }));
  const other = firstOther(classes, count);
  return (
    <fieldset class="explore-classes">
      <legend class={parts.length === 1 ? 'unseen' : ''}>{parts.length === 1 ? 'Class' : 'Mix of classes'}</legend>
      {parts.map((part, i) => (
        <div key={part.class} class="explore-part">
          <Select
            label={parts.length === 1 ? 'Class' : `Class ${i + 1}`}
            value={String(part.class)}
            options={options.filter(({ value }) => value === String(part.class) || !isTaken(value))}
            onInput={(label) => view.classes.set(withClass(classes, i, Number(label)))}
          />
          {parts.length > 1 && (
            <>
              <Slider
                label={`Weight of ${classNames[part.class]}`}
                value={part.weight}
                min={0}
                max={1}
                step={0.01}
                format={() => `${Math.round(100 * (shares[i] ?? 0))} %`}
                onInput={(weight) => view.classes.set(withWeight(classes, i, weight), 'replace')}
              />
              <IconButton
                icon="close"
                label={`Take ${classNames[part.class]} out`}
                onClick={() => view.classes.set(without(classes, i))}
              />
            </>
          )}
        </div>
      ))}
      <div class="row">
        <Button
          icon="plus"
          isDisabled={other === undefined}
          onClick={() => other !== undefined && view.classes.set(mixedWith(classes, other))}
        >
          {parts.length === 1 ? 'Mix in a class' : 'One more class'}
        </Button>
        {parts.length > 1 && (
          <span class="small soft">A network was never trained between classes: this is its own guess.</span>
        )}
      </div>
    </fieldset>
  );

  function isTaken(value: string): boolean {
    return parts.some((part) => String(part.class) === value);
  }
}
