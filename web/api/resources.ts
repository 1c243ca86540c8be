import type { components } from './schema.d.ts';

export type Session = components['schemas']['Session'];
export type Data = components['schemas']['Data'];
/** Without what is null on every site. */
export type DataDetail = Omit<components['schemas']['DataDetail'], 'group'>;
export type Export = components['schemas']['Export'];
export type ExportSummary = components['schemas']['ExportSummary'];
export type ExportRequest = components['schemas']['ExportRequest'];
export type Verdict = components['schemas']['Verdict'];
export type Kind = Data['kind'];
export type ItemType = Data['type'];

export const KINDS: readonly Kind[] = ['vector', 'table', 'raster', 'grid', 'rat'];
