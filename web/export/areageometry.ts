import { computed, effect, signal } from '@preact/signals';
import { api, dataOf, session } from '../api/client.ts';
import { change, draft } from './draft.ts';
import { type AreaGeometry, vertexCount } from './geometry.ts';

/** The outline of the draft's area; that of a place comes from the server. Null while there is none. */
export const areaGeometry = signal<AreaGeometry | null>(null);

const chosen = computed(() => draft.value.area);

/** Vertices of the draft's shape; 0 where it has none, and for a place, which has no limit. */
export const shapeVertices = computed(() => (chosen.value?.kind === 'shape' ? vertexCount(chosen.value.geometry) : 0));

/** The site's limit of vertices. */
export const mostVertices = computed(() => session.value?.limits.vertices ?? 1000);

/** Whether the draft's shape has to be simplified before anything can be made of it. */
export const isTooComplex = computed(() => shapeVertices.value > mostVertices.value);

/** Keeps it as the draft has it. */
export function followArea(): () => void {
  return effect(() => {
    const area = chosen.value;
    if (area === null || area.kind === 'shape') {
      areaGeometry.value = area?.geometry ?? null;
      return;
    }
    if (!session.value?.user) return;
    const { cropLayer, cropFeature, name } = area;
    const controller = new AbortController();
    const params = { path: { id: cropLayer, feature: cropFeature } };
    dataOf(api.GET('/services/api/v1/exports/croplayers/{id}/cropfeatures/{feature}/', { params, signal: controller.signal })).then(
      (feature) => {
        if (controller.signal.aborted) return;
        areaGeometry.value = feature.geometry;
        // An export that is repeated names its place by number alone.
        if (name === '') change({ area: { kind: 'feature', cropLayer, cropFeature, name: feature.name } });
      },
      () => {
        // That it is not there, the check of the whole request says.
        areaGeometry.value = null;
      },
    );
    return () => controller.abort();
  });
}
