import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { type License as LicenseRow, loadLicense } from '../catalog/datasets.ts';
import { resourceUrl, type SiteAddress } from '../exports/addresses.ts';
import { nullable, Url } from '../exports/resource.ts';
import { notFound } from './errors.ts';
import { Id, operation, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

const LICENSE = {
  id: Type.Integer(),
  title: Type.String(),
  type: Type.String({ description: 'The family, in lower case: `cc-by`, `odbl`.' }),
  version: Type.String(),
  url: Url,
  url_html: nullable(Type.String({ description: 'The page that explains it.' })),
};
/** A licence as it stands in layers and in `validate`. */
export const License = Type.Object(LICENSE, { $id: 'License', additionalProperties: false });
export const LicenseText = Type.Object({ ...LICENSE, text: Type.String() }, { $id: 'LicenseText', additionalProperties: false });

export function licenseOf(address: SiteAddress, license: LicenseRow | null): Static<typeof License> | null {
  return (
    license && {
      id: license.id,
      title: license.title,
      type: license.type,
      version: license.version,
      url: resourceUrl(address, `/licenses/${license.id}/`),
      url_html: license.url,
    }
  );
}

/** `/licenses/:id/`: what `license.url` names. */
export function licenseRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/licenses/:id/', {
    GET: operation({
      scope: 'layers:read',
      summary: 'Get a licence',
      params: Type.Object({ id: Id }),
      answers: { 200: ref(LicenseText) },
      async handler(request) {
        const license = await loadLicense(site.db, request.params.id);
        if (!license) throw notFound('licence');
        return { ...licenseOf(siteAddress(site, request), license), text: license.text };
      },
    }),
  });
}
