/** The lattice around, small: the pictures of the near corners, and where among them the large one lies. */
import { compute } from '../../api.ts';
import { latentCodec } from '../../points.ts';
import { useRequest } from '../../use-request.ts';
import type { Explorer } from './explorer.ts';
import { drawnAt, mapCorners, mapOrigin, mapSide, onMap } from './lattice.ts';

/** While one moves, corners that take longer than this to draw wait. */
const patienceMs = 150;

export function LatticeMap({
  explorer: { place, point, isMoving },
  milliseconds,
  onChoose,
}: {
  readonly explorer: Explorer;
  /** That one picture takes. */
  readonly milliseconds: number;
  readonly onChoose: (corner: { readonly x: number; readonly y: number }) => void;
}) {
  const { latent, classes } = point;
  const origin = mapOrigin(latent);
  const isPutOff = isMoving && milliseconds * mapSide ** 2 > patienceMs;
  const key = JSON.stringify([place, { ...latent, ...origin }, classes]);
  const { result } = useRequest(isPutOff ? undefined : key, async (signal) => {
    const points = mapCorners(origin).map((corner) => ({ latent: { ...latent, ...corner }, classes }));
    return { origin, pictures: (await compute('images', { place, points }, { signal })).pictures };
  });
  const shown = result?.origin ?? origin;
  const { x, y } = onMap(shown, latent);
  return (
    <div class="explore-map">
      <ul aria-label="Corners around">
        {mapCorners(shown).map((corner, i) => {
          const drawn = drawnAt(latent.seed, corner);
          const src = result?.pictures[i];
          return (
            <li key={latentCodec.format({ ...latent, ...corner })}>
              <button
                type="button"
                aria-label={`Go to ${corner.x}, ${corner.y}: latent ${drawn.index} of seed ${drawn.seed}`}
                tabIndex={-1}
                onClick={() => onChoose(corner)}
              >
                {src !== undefined && <img src={src} alt="" draggable={false} />}
              </button>
            </li>
          );
        })}
      </ul>
      <span class="explore-marker" style={{ left: `${100 * x}%`, top: `${100 * y}%` }} />
    </div>
  );
}
