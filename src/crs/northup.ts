import type { ProfileCrs } from '../store/profile.ts';
import { horizontalCrs } from './wkt.ts';

/** The methods that count to the west and the south, and those of the same projections to the east and north, by their EPSG codes (EPSG guidance note 7-2). */
const METHODS: Readonly<Record<string, string>> = {
  9808: 'METHOD["Transverse Mercator",ID["EPSG",9807]]',
  9819: 'METHOD["Krovak (North Orientated)",ID["EPSG",1041]]',
};
const METHOD = /METHOD\["[^"]*",ID\["EPSG",(\d+)\]\]/;

/**
 * The same projection with coordinates to the east and the north: those of a CRS that counts to the west and the south, with their signs changed.
 * @param crs with a definition in WKT 2.
 * @returns null where it counts to the east and north already, or projects as no known method does.
 */
export function northUp({ name, wkt }: ProfileCrs): ProfileCrs | null {
  if (horizontalCrs(wkt).axes[0] === 'east' || !wkt.startsWith('PROJCRS[')) return null;
  const method = METHODS[METHOD.exec(wkt)?.[1] ?? ''];
  if (method === undefined) return null;
  const directions = ['"easting (E)",east', '"northing (N)",north'];
  const shown = `${name}, to the east and north`;
  return {
    id: null,
    name: shown,
    wkt: wkt
      .replace(/^PROJCRS\["(?:[^"]|"")*"/, `PROJCRS["${shown.replaceAll('"', '""')}"`)
      .replace(METHOD, method)
      .replace(
        /(PARAMETER\["False (?:easting|northing)",)([-+.\deE]+)/g,
        (_, start: string, value: string) => `${start}${0 - Number(value)}`,
      )
      .replace(/AXIS\["[^"]*",\w+/g, (axis) => `AXIS[${directions.shift() ?? axis.slice('AXIS['.length)}`)
      .replace(/,ID\["EPSG",\d+\]\]$/, ']'),
  };
}
