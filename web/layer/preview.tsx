import { useSignal } from '@preact/signals';
import { api, dataOf } from '../api/client.ts';
import type { DataDetail } from '../api/resources.ts';
import type { components } from '../api/schema.d.ts';
import { useLoading } from '../loading.ts';
import { decimal } from '../locale.ts';
import { MapFrame } from '../map/frame.tsx';
import { texts } from '../texts.ts';
import { Failed, Waiting } from '../ui/states.tsx';
import type { Picked } from './previewmap.ts';

const t = texts.item;
type Preview = components['schemas']['Preview'];

/** A layer on the map, as it is stored. */
export function LayerPreview({ detail }: { detail: DataDetail }) {
  const { id, version, title } = detail;
  const picked = useSignal<Picked | null>(null);
  const result = useLoading(
    (signal) => dataOf(api.GET('/site/preview/layers/{id}/versions/{version}/', { params: { path: { id, version: version.id } }, signal })),
    [id, version.id],
  );
  if (result.state === 'loading') {
    // As large as the map that takes its place.
    return (
      <div class="map-frame preview" role="status">
        <p class="map-note">{texts.map.loading}</p>
      </div>
    );
  }
  if (result.state === 'failed') return <Failed error={result.error} again={result.again} />;
  const preview = result.value;
  return (
    <section aria-labelledby="preview">
      <h2 id="preview" class="hidden">
        {t.preview}
      </h2>
      <MapFrame
        class="preview"
        label={t.previewLabel(title)}
        ready={async (map) => {
          const { showLayer } = await import('./previewmap.ts');
          return showLayer(map, preview, picked);
        }}
      >
        {picked.value && (
          <div class="picked" role="status">
            <dl>
              {picked.value.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    <bdi>{value}</bdi>
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        )}
      </MapFrame>
      {preview.legend && <Legend legend={preview.legend} />}
    </section>
  );
}

function Legend({ legend }: { legend: NonNullable<Preview['legend']> }) {
  if (legend.type === 'values') {
    return (
      <div class="legend" role="group" aria-label={t.legend}>
        <span>{decimal(legend.from)}</span>
        <span class="legend-ramp" ref={(element) => element?.style.setProperty('--ramp', legend.colors.join(', '))} />
        <span>
          {decimal(legend.to)} {legend.unit}
        </span>
      </div>
    );
  }
  if (legend.type === 'classes') {
    return (
      <ul class="legend" aria-label={t.legend}>
        {legend.classes.map(({ value, name, color }) => (
          <li key={value}>
            <span class="swatch" ref={(element) => element?.style.setProperty('--swatch', color)} /> <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
    );
  }
  return null;
}

/** The first rows of a layer or table. */
export function SampleRows({ detail }: { detail: DataDetail }) {
  const { id, type } = detail;
  const result = useLoading(
    (signal) => {
      const options = { params: { path: { id }, query: { limit: 10 } }, signal };
      return dataOf(
        type === 'layer' ? api.GET('/site/preview/layers/{id}/rows/', options) : api.GET('/site/preview/tables/{id}/rows/', options),
      );
    },
    [type, id],
  );
  return (
    <section aria-labelledby="sample">
      <h2 id="sample">{t.sample}</h2>
      {result.state === 'loading' && <Waiting lines={4} />}
      {result.state === 'failed' && <Failed error={result.error} again={result.again} />}
      {result.state === 'done' && result.value.rows.length === 0 && <p class="meta">{t.noRows}</p>}
      {result.state === 'done' && result.value.rows.length > 0 && (
        <div class="table-wrap" role="group" aria-labelledby="sample" tabIndex={0}>
          <table class="sample">
            <thead>
              <tr>
                {result.value.fields.map(({ name }) => (
                  <th key={name} scope="col">
                    <bdi>{name}</bdi>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {result.value.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((value, at) => (
                    <td key={at} class={typeof value === 'number' ? 'number' : ''}>
                      {value === null ? <span class="meta">{t.nothing}</span> : <bdi>{cell(value)}</bdi>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function cell(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? t.yes : t.no;
  // As it is stored: an id of a million has no thousands' separators.
  return String(value);
}
