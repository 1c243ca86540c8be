import type { LibreMap } from '../map/create.ts';
import { MapFrame } from '../map/frame.tsx';
import { texts } from '../texts.ts';
import { readBox } from './query.ts';

const t = texts.catalogue;
const PAUSE_MS = 250;

/** A map whose view the catalogue is searched by. */
export function AreaFilter({ bbox, change }: { bbox: string; change: (bbox: string) => void }) {
  function ready(map: LibreMap) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    void import('../map/create.ts').then(({ showBox, viewOf }) => {
      if (gone) return;
      const box = readBox(bbox);
      if (box) showBox(map, box, false);
      const look = () => {
        clearTimeout(timer);
        timer = setTimeout(() => change(viewOf(map).join(',')), PAUSE_MS);
      };
      map.on('moveend', look);
      if (!box) look();
    });
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }
  return (
    <div class="area-filter">
      <MapFrame label={t.areaHint} ready={ready} />
      <p class="hint">{t.areaHint}</p>
    </div>
  );
}
