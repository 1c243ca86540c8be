import { effect, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { LibreMap } from '../map/create.ts';
import { MapFrame } from '../map/frame.tsx';
import { texts } from '../texts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { areaGeometry, isTooComplex } from './areageometry.ts';
import { change, draft } from './draft.ts';
import type { Tool } from './drawing.ts';
import { type AreaGeometry, boxPolygon, compactBounds } from './geometry.ts';

const t = texts.map;
const TOOLS: readonly { tool: Tool; icon: IconName }[] = [
  { tool: 'rectangle', icon: 'rectangle' },
  { tool: 'polygon', icon: 'polygon' },
  { tool: 'freehand', icon: 'freehand' },
  { tool: 'edit', icon: 'edit' },
];

/** The map on which the area is drawn and shown. */
export function AreaMap() {
  const tool = useSignal<Tool | null>(null);
  const shown = useRef<{ takeView: () => void; goTo: (geometry: AreaGeometry) => void } | null>(null);
  const { area } = draft.value;
  async function ready(map: LibreMap) {
    const [{ startDrawing }, { showDraft }, { viewOf, showBox }] = await Promise.all([
      import('./drawing.ts'),
      import('./shown.ts'),
      import('../map/create.ts'),
    ]);
    const endShown = showDraft(map, tool);
    const drawing = startDrawing(map, tool, (geometry) => change({ area: { kind: 'shape', geometry } }));
    const endTool = effect(() => drawing.use(tool.value));
    shown.current = {
      takeView() {
        tool.value = null;
        change({ area: { kind: 'shape', geometry: boxPolygon(viewOf(map)) } });
      },
      goTo: (geometry) => showBox(map, compactBounds(geometry)),
    };
    return () => {
      shown.current = null;
      endTool();
      endShown();
      drawing.end();
    };
  }
  const geometry = areaGeometry.value;
  return (
    <div class="export-map">
      <MapFrame label={t.areaLabel} ready={ready}>
        <div class="map-tools" role="toolbar" aria-label={t.tools}>
          {TOOLS.map(({ tool: one, icon }) => (
            <button
              key={one}
              type="button"
              class="map-tool"
              aria-pressed={tool.value === one}
              disabled={one === 'edit' && (area?.kind !== 'shape' || isTooComplex.value)}
              title={t.tool[one]}
              onClick={() => {
                tool.value = tool.value === one ? null : one;
              }}
            >
              <Icon name={icon} size={20} />
              <span>{t.tool[one]}</span>
            </button>
          ))}
          <button type="button" class="map-tool" title={t.viewHint} onClick={() => shown.current?.takeView()}>
            <Icon name="view" size={20} />
            <span>{t.view}</span>
          </button>
        </div>
        {tool.value !== null && (
          <p class="map-help" role="status">
            {t.help[tool.value]}
          </p>
        )}
        {geometry && tool.value === null && (
          <button type="button" class="button button-small map-corner" onClick={() => shown.current?.goTo(geometry)}>
            {t.showArea}
          </button>
        )}
      </MapFrame>
    </div>
  );
}
