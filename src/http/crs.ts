import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { searchCrs } from '../crs/search.ts';
import { nullable } from '../exports/resource.ts';
import { boxParameter, readBox } from './bbox.ts';
import { operation, ref, resource } from './resource.ts';

const FoundCrs = Type.Object(
  {
    id: Type.String({ examples: ['EPSG:2193'] }),
    name: Type.String(),
    kind: Type.String({ description: '`projected`, `geographic` or `compound`.' }),
    area: nullable(Type.String({ description: 'Where it is meant to be used.' })),
    deprecated: Type.Boolean(),
    suits: nullable(Type.Boolean({ description: 'Whether that area holds `bbox`; null without one.' })),
  },
  { $id: 'FoundCrs', additionalProperties: false },
);
export const CRS_SCHEMAS = [FoundCrs];

/** `/site/crs/`: coordinate systems by code, by words and by where they suit. */
export function crsRoutes(app: FastifyInstance): void {
  resource(app, '/site/crs/', {
    GET: operation({
      summary: 'Search coordinate systems',
      description:
        'Those of the EPSG dataset that data can be exported in, at most 20: the very code or name first, then what suits `bbox`, projected in metres and made for a small area first, deprecated ones last.',
      query: Type.Object({
        q: Type.Optional(Type.String({ maxLength: 200, description: 'A code, or words of the name or of the area, in whole or in part.' })),
        bbox: boxParameter('What they should suit: west,south,east,north in degrees.'),
      }),
      answers: { 200: Type.Array(ref(FoundCrs)) },
      handler(request, reply) {
        const { q = '', bbox } = request.query;
        const box = bbox === undefined ? null : readBox(bbox);
        const [west, south, east, north] = box ?? [0, 0, 0, 0];
        // The same for everybody, until PROJ's database is another.
        reply.header('Cache-Control', 'public, max-age=3600');
        return searchCrs(q, box && [west, south, east < west ? east + 360 : east, north]);
      },
    }),
  });
}
