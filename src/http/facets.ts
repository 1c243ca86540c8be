import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { countFacets } from '../catalog/facets.ts';
import { KINDS } from '../store/versionprofile.ts';
import { operation, ref, resource } from './resource.ts';
import type { Site } from './site.ts';

const count = Type.Integer({ minimum: 0 });
const Facets = Type.Object(
  {
    total: count,
    kinds: Type.Array(Type.Object({ kind: Type.Enum([...KINDS]), count })),
    licenses: Type.Array(Type.Object({ type: Type.String({ description: 'For `license.type` of the lists.' }), count })),
    geometry_types: Type.Array(
      Type.Object({ geometry_type: Type.String({ description: 'For `data.geometry_type` of the lists.' }), count }),
    ),
  },
  { $id: 'Facets', additionalProperties: false },
);
export const FACET_SCHEMAS = [Facets];

/** `/site/facets/`: what the catalogue can be filtered by. */
export function facetRoutes(app: FastifyInstance, site: Pick<Site, 'db'>): void {
  resource(app, '/site/facets/', {
    GET: operation({
      scope: 'catalog',
      summary: 'Count what the catalogue can be filtered by',
      answers: { 200: ref(Facets) },
      async handler() {
        const { geometryTypes, ...rest } = await countFacets(site.db);
        return { ...rest, geometry_types: geometryTypes };
      },
    }),
  });
}
