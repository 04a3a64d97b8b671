import { LinkButton } from '../../components/button.tsx';
import { Empty } from '../../components/states.tsx';
import { useStudio } from '../../studio-info.ts';
import { attendingPresets } from './attending-presets.ts';

/** The model has no attention block; what has. */
export function NoAttention({ model }: { readonly model: string }) {
  const { result: studio } = useStudio();
  const names = attendingPresets(studio?.presets ?? []);
  return (
    <Empty title="This model does not attend">
      <p class="soft">
        A {model} has no attention block in either of its networks, so there is no map to look at. Models with attention
        are sagan, biggan and csawgan; these presets say where they attend:
      </p>
      <p class="attention-presets">
        {names.map((name) => (
          <code key={name}>{name}</code>
        ))}
      </p>
      <LinkButton href="/new" look="primary" icon="plus">
        New run
      </LinkButton>
    </Empty>
  );
}
