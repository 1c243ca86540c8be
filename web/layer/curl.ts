import type { DataDetail } from '../api/resources.ts';
import { shortName } from '../export/formats.ts';
import { formatOf } from '../export/request.ts';
import { EMPTY } from '../export/settings.ts';
import { WITH_TOKEN } from '../export/snippets.ts';

/** The `curl` line that fetches all of a layer or table, and fetches nothing where nothing has changed since. */
export function directLink({ type, id, kind, data }: Pick<DataDetail, 'type' | 'id' | 'kind' | 'data'>, origin: string): string {
  const usual = formatOf(EMPTY, kind);
  const mimetype = data.export_formats.some((format) => format.mimetype === usual) ? usual : (data.export_formats[0]?.mimetype ?? usual);
  const query = [`format=${shortName(mimetype, kind)}`];
  if (type === 'layer') query.push(`crs=${data.crs?.id ?? 'EPSG:4326'}`);
  const file = `${type}-${id}.zip`;
  return `${WITH_TOKEN} curl -fL -H @- -z ${file} -o ${file} \\\n  "${origin}/services/api/v1/${type}s/${id}/export/?${query.join('&')}"`;
}
