import openapiTS, { astToString } from 'openapi-typescript';

const HEADER = '// Made by `npm run api-types` of the OpenAPI description that the server gives of itself. Do not edit.\n\n';

/** The TypeScript types of an API: `paths` and `components`, as openapi-fetch takes them. */
export async function apiTypes(descriptionUrl: string): Promise<string> {
  const response = await fetch(descriptionUrl);
  return HEADER + astToString(await openapiTS(await response.text(), { defaultNonNullable: false }));
}
