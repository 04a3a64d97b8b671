import { useEffect, useRef, useState } from 'preact/hooks';
import { compute, isAbort, problemOf } from '../../api.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { notify } from '../../components/status.tsx';
import { bytes } from '../../format.ts';
import { currentLink } from '../../router.ts';
import { useStudio } from '../../studio-info.ts';
import { attentionCommand } from './command.ts';
import { type Model, mainBlock, pinsWithin, type Seen } from './use-attention.ts';

const formats = { png: 'PNG', svg: 'SVG', html: 'Web page' } as const;
type Format = keyof typeof formats;

/** The figure of what is shown, as a file, as a link, as a command. */
export function TakeAlong({ seen: { wanted, result }, model }: { readonly seen: Seen; readonly model: Model }) {
  const [making, setMaking] = useState<Format>();
  const asking = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => asking.current?.abort(), []);
  const { result: studio } = useStudio();
  const block = mainBlock(result.learned.blocks)?.name;
  if (block === undefined) return null;
  const pins = pinsWithin(result.resolution);
  // Of the step that is shown, though a newer one may have come.
  const shown = { ...wanted, place: { ...wanted.place, checkpoint: result.step }, pins };
  const make = async (format: Format) => {
    const abort = new AbortController();
    asking.current = abort;
    setMaking(format);
    try {
      const { file } = await compute(
        'attentionFigure',
        { ...shown, format, blocks: [block] },
        { signal: abort.signal },
      );
      const link = Object.assign(document.createElement('a'), { href: file.url, download: file.name });
      link.click();
      notify(`${file.name} (${bytes(file.sizeBytes)}) is being saved.`);
    } catch (error) {
      if (isAbort(error)) return;
      notify(`The figure could not be made: ${problemOf(error)}`, 'problem');
    }
    setMaking(undefined);
  };
  return (
    <section class="panel stack" aria-labelledby="attention-take">
      <h2 id="attention-take">Take it along</h2>
      <div class="row">
        {(['png', 'svg', 'html'] as const).map((format) => (
          <Button
            key={format}
            icon="download"
            isBusy={making === format}
            isDisabled={making !== undefined}
            onClick={() => void make(format)}
          >
            {formats[format]}
          </Button>
        ))}
        <CopyButton label="Copy link" text={currentLink} />
        {studio !== undefined && (
          <CopyButton
            label="Copy command"
            text={() =>
              attentionCommand({
                ...shown,
                path: `${studio.runsFolder}/${wanted.place.run}`,
                step: result.step,
                classNames: model.images.classNames,
                block,
              })
            }
          />
        )}
      </div>
      <p class="small soft">
        {pins.length === 0
          ? 'Nothing is pinned: the figure will choose three telling pixels of the image.'
          : `The figure has the picture and the ${pins.length === 1 ? 'map of the pin' : `maps of the ${pins.length} pins`} in ${block}. The web page needs no studio.`}
      </p>
    </section>
  );
}
