import type { LibreMap } from '../map/create.ts';
import { MapFrame } from '../map/frame.tsx';
import { texts } from '../texts.ts';
import { readBox } from './query.ts';

const t = texts.catalogue;
const PAUSE_MS = 250;

/** A map whose view the catalogue is searched by. */
export function AreaFilter({ bbox, change }: { bbox: string; change: (bbox: string) => void }) {
  async function ready(map: LibreMap) {
    const { showBox, viewOf } = await import('../map/create.ts');
    let timer: ReturnType<typeof setTimeout> | undefined;
    const box = readBox(bbox);
    if (box) showBox(map, box, false);
    const look = () => {
      clearTimeout(timer);
      timer = setTimeout(() => change(viewOf(map).join(',')), PAUSE_MS);
    };
    map.on('moveend', look);
    if (!box) look();
    return () => clearTimeout(timer);
  }
  return (
    <div class="area-filter">
      <MapFrame label={t.areaHint} ready={ready} />
      <p class="hint">{t.areaHint}</p>
    </div>
  );
}
