import type { GeometryCollection, Topology } from 'topojson-specification';

/** What atlases may say of a feature. */
interface Properties {
  name?: string;
}

/**
 * A TopoJSON of an atlas, which the compiler cannot see as one: its JSON is too large.
 * @param objects that it has, each a collection of geometries.
 * @throws where it is something else.
 */
export function topologyOf<Name extends string>(
  json: unknown,
  ...objects: readonly Name[]
): Topology<Record<Name, GeometryCollection<Properties>>> {
  if (!isTopology(json, objects)) throw new Error(`This is no topology of ${objects.join(' and ')}.`);
  return json;
}

function isTopology<Name extends string>(
  json: unknown,
  objects: readonly Name[],
): json is Topology<Record<Name, GeometryCollection<Properties>>> {
  if (!isObject(json) || json.type !== 'Topology' || !Array.isArray(json.arcs) || !isObject(json.objects)) return false;
  const found = json.objects;
  return objects.every((name) => {
    const object = found[name];
    return isObject(object) && object.type === 'GeometryCollection' && Array.isArray(object.geometries);
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
