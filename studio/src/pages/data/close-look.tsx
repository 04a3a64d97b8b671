import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { PixelImage } from '../../components/pixel-image.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import type { Asked } from '../../use-request.ts';

type Look = TaskResult<'datasetOriginal'>;
type Original = NonNullable<Look['original']>;

/** One image: the original with the square that is taken of it, and what the networks get. */
export function CloseLook({
  asked: { result, problem, again },
  hasOriginals,
}: {
  readonly asked: Asked<Look>;
  readonly hasOriginals: boolean;
}) {
  return (
    <section class="panel stack data-look">
      <h2>{hasOriginals ? 'Cropped and resized' : 'One image'}</h2>
      {problem !== undefined ? (
        <ErrorPanel title="This image cannot be shown" problem={problem} onRetry={again} />
      ) : result === undefined ? (
        <Loading what="Reading the original" />
      ) : (
        <Compared look={result} />
      )}
    </section>
  );
}

function Compared({ look: { index, className, resolution, seen, original } }: { readonly look: Look }) {
  return (
    <>
      <p class="small data-path">
        {original?.path ?? `Image ${index}`}
        {className !== undefined && <span class="soft">, class {className}</span>}
      </p>
      <div class="data-compared">
        {original !== undefined && (
          <figure>
            <CroppedOriginal original={original} />
            <figcaption class="small soft">
              Original, {original.width} × {original.height}
              <br />
              {cropWords(original)}
            </figcaption>
          </figure>
        )}
        <figure>
          <PixelImage src={seen} alt="What the networks get" maxScale={16} />
          <figcaption class="small soft">
            What the networks get, {resolution} × {resolution}
            {original === undefined && (
              <>
                <br />
                Made in this form: there is no original
              </>
            )}
          </figcaption>
        </figure>
      </div>
    </>
  );
}

/** What is done to an original, in words. */
function cropWords({ width, height, crop }: Original): string {
  const { side } = crop;
  if (side > width || side > height) return `Padded with black to ${side} × ${side}`;
  if (side === width && side === height) return 'Nothing is cut off';
  return side < width
    ? `${width - side} columns are cut off at the sides`
    : `${height - side} rows are cut off above and below`;
}

/** The whole original, with what is cut off in shade and a frame around what is kept. */
function CroppedOriginal({ original: { width, height, crop, picture } }: { readonly original: Original }) {
  const { left, top, side } = crop;
  const [x, y] = [Math.min(0, left), Math.min(0, top)];
  const [right, bottom] = [Math.max(width, left + side), Math.max(height, top + side)];
  const isSmall = Math.max(width, height) <= 128;
  return (
    <svg
      class="data-original"
      viewBox={`${x} ${y} ${right - x} ${bottom - y}`}
      role="img"
      aria-label="The original; a frame shows the square that is taken of it"
    >
      <rect class="data-padding" x={left} y={top} width={side} height={side} />
      <image href={picture} width={width} height={height} class={isSmall ? 'pixels' : ''} />
      <path
        class="data-cut"
        fill-rule="evenodd"
        d={`M0 0h${width}v${height}h${-width}zM${left} ${top}h${side}v${side}h${-side}z`}
      />
      {side > Math.min(width, height) && <rect class="data-edge" width={width} height={height} />}
      <rect class="data-frame" x={left} y={top} width={side} height={side} />
    </svg>
  );
}
