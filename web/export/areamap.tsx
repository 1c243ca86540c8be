import { effect, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { LibreMap } from '../map/create.ts';
import { MapFrame } from '../map/frame.tsx';
import { texts } from '../texts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { areaGeometry } from './areageometry.ts';
import { change, draft } from './draft.ts';
import type { Drawing, Tool } from './drawing.ts';
import { boxPolygon, compactBounds } from './geometry.ts';

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
  const shown = useRef<{ map: LibreMap; drawing: Drawing; view: () => void } | null>(null);
  const { area } = draft.value;
  function ready(map: LibreMap) {
    let end: (() => void) | undefined;
    let gone = false;
    void Promise.all([import('./drawing.ts'), import('./shown.ts'), import('../map/create.ts')]).then(
      ([{ startDrawing }, { showDraft }, { viewOf }]) => {
        if (gone) return;
        const endShown = showDraft(map, tool);
        const drawing = startDrawing(map, tool, (geometry) => change({ area: { kind: 'shape', geometry } }));
        const view = () => {
          tool.value = null;
          change({ area: { kind: 'shape', geometry: boxPolygon(viewOf(map)) } });
        };
        shown.current = { map, drawing, view };
        const endTool = effect(() => drawing.use(tool.value));
        end = () => {
          endTool();
          endShown();
          drawing.end();
        };
      },
    );
    return () => {
      gone = true;
      end?.();
      shown.current = null;
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
              disabled={one === 'edit' && area?.kind !== 'shape'}
              title={t.tool[one]}
              onClick={() => {
                tool.value = tool.value === one ? null : one;
              }}
            >
              <Icon name={icon} size={20} />
              <span>{t.tool[one]}</span>
            </button>
          ))}
          <button type="button" class="map-tool" title={t.viewHint} onClick={() => shown.current?.view()}>
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
          <button
            type="button"
            class="button button-small map-corner"
            onClick={() => {
              void import('../map/create.ts').then(({ showBox }) => shown.current && showBox(shown.current.map, compactBounds(geometry)));
            }}
          >
            {t.showArea}
          </button>
        )}
      </MapFrame>
    </div>
  );
}
