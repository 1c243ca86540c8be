import type { FastifyInstance } from 'fastify';
import { loadLicense } from '../catalog/datasets.ts';
import { licenseOf } from './data.ts';
import { notFound } from './errors.ts';
import { pathId, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

/** `/licenses/:id/`: what `license.url` names. */
export function licenseRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/licenses/:id/', {
    GET: {
      scope: 'layers:read',
      handler: async (request) => {
        const license = await loadLicense(site.db, pathId(request, 'id', 'licence'));
        if (!license) throw notFound('licence');
        return { ...licenseOf(siteAddress(site, request), license), text: license.text };
      },
    },
  });
}
