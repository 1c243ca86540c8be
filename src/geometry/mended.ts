import type { Geos, GeosGeometry } from './geos.ts';
import type { MultiPolygon } from './polygons.ts';

/**
 * A valid geometry of polygons that are not: inside is what a ring encloses an odd number of times; holes stay holes, also where they touch their outline
 * or reach over it, and polygons that overlap are united. It has the lines and points that polygons collapsed to, where nothing else is left.
 */
export function mended(geos: Geos, polygons: GeosGeometry): GeosGeometry {
  const crosses = (ring: number[][]) => {
    using alone = geos.fromPolygons([[ring]]);
    return !alone.isValid();
  };
  // GEOS's way by lines knows nothing of holes: one that shares a piece of its outline would be filled. Its way by structure has all inside that a
  // ring goes around, be it twice, as some programs go around a hole that touches the outline.
  if (!polygons.toPolygons().flat().some(crosses)) {
    const made = polygons.makeValid('structure');
    if (!made.isEmpty()) return made;
    made[Symbol.dispose]();
  }
  return polygons.makeValid('linework');
}

/** Polygons as one valid area. */
export function united(geos: Geos, polygons: MultiPolygon): MultiPolygon {
  using parts = geos.fromPolygons(polygons);
  if (parts.isValid()) return polygons;
  // One by one first: where two overlap, that is no hole.
  const valid = polygons.flatMap((polygon) => {
    using single = geos.fromPolygons([polygon]);
    if (single.isValid()) return [polygon];
    using made = mended(geos, single);
    return made.toPolygons();
  });
  using all = geos.fromPolygons(valid);
  using union = all.union();
  return union.toPolygons();
}
