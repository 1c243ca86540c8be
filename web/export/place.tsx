import { api, dataOf } from '../api/client.ts';
import { texts } from '../texts.ts';
import { Combobox } from '../ui/combobox.tsx';
import { change } from './draft.ts';

const t = texts.area;

interface Place {
  cropLayer: number;
  cropFeature: number;
  name: string;
  layerName: string;
}

const PLACES_A_LAYER = 20;

/** Features of all crop layers whose name holds a text; those that begin with it first. */
async function findPlaces(q: string, signal: AbortSignal): Promise<Place[]> {
  const layers = await dataOf(api.GET('/services/api/v1/exports/croplayers/', { params: { query: { page_size: 100 } }, signal }));
  const found = await Promise.all(
    layers.map(async (layer) => {
      const query = { page_size: PLACES_A_LAYER, ...(q === '' ? {} : { q }) };
      const features = await dataOf(
        api.GET('/services/api/v1/exports/croplayers/{id}/cropfeatures/', { params: { path: { id: layer.id }, query }, signal }),
      );
      return features.map(({ id, name }) => ({ cropLayer: layer.id, cropFeature: id, name, layerName: layer.name }));
    }),
  );
  const wanted = q.toLocaleLowerCase();
  const rank = ({ name }: Place) => (name.toLocaleLowerCase().startsWith(wanted) ? 0 : 1);
  return found.flat().sort((a, b) => rank(a) - rank(b));
}

/** Crops to a place that the site knows by name. */
export function PlaceSearch({ value }: { value: string }) {
  return (
    <Combobox
      label={t.place}
      hint={t.placeHint}
      value={value}
      find={findPlaces}
      keyOf={({ cropLayer, cropFeature }) => `${cropLayer}/${cropFeature}`}
      show={({ name, layerName }) => (
        <>
          <bdi>{name}</bdi> <span class="meta">{layerName}</span>
        </>
      )}
      choose={({ cropLayer, cropFeature, name }) => change({ area: { kind: 'feature', cropLayer, cropFeature, name } })}
      nothing={t.noPlace}
    />
  );
}
