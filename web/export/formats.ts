import type { DataDetail, Kind } from '../api/resources.ts';
import { texts } from '../texts.ts';

/** Names of formats in addresses and commands, by mimetype; of tables and rasters where these differ. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'application/x-zipped-shp': 'shp',
  'application/x-ogc-gpkg': 'gpkg',
  'applicaton/x-ogc-filegdb': 'gdb',
  'application/x-ogc-mapinfo_file': 'tab',
  'application/x-ogc-mapinfo_file+mif': 'mif',
  'text/csv': 'csv',
  'application/vnd.google-earth.kml+xml': 'kml',
  'image/vnd.dxf': 'dxf',
  'application/pdf': 'pdf',
  'application/geo+json': 'geojson',
  'application/flatgeobuf': 'fgb',
  'application/vnd.apache.parquet': 'parquet',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'image/tiff;subtype=geotiff': 'gtiff',
  'image/jpeg': 'jpeg',
  'image/jp2': 'jp2',
  'image/jp2;compression=lossless': 'jp2-lossless',
  'image/png': 'png',
  'application/x-erdas-hfa': 'img',
  'application/x-ogc-aaigrid': 'asc',
  'application/x-hdf;subtype=kea': 'kea',
};

/** A format's name for `?format=` and `--format`; the mimetype itself works there as well. */
export function shortName(mimetype: string, kind: Kind): string {
  if (kind === 'table' && mimetype === 'application/x-zipped-shp') return 'dbf';
  return SHORT_NAMES[mimetype] ?? mimetype;
}

/** A word on what a format is good for, and on what it loses; '' for one that is not known here. */
export function formatAbout(mimetype: string, kind: Kind): { good: string; loses: string } {
  const family = kind === 'vector' || kind === 'table' ? kind : 'raster';
  const about: Readonly<Record<string, { good: string; loses: string }>> = texts.formats;
  return about[`${family} ${shortName(mimetype, kind)}`] ?? about[shortName(mimetype, kind)] ?? { good: '', loses: '' };
}

/** A format's name, from a layer that comes in it; without one, its short name in capitals. */
export function formatName(kind: string, mimetype: string, known: Iterable<DataDetail>): string {
  for (const detail of known) {
    const format = detail.kind === kind && detail.data.export_formats.find((one) => one.mimetype === mimetype);
    if (format) return format.name;
  }
  return (SHORT_NAMES[mimetype] ?? mimetype).toUpperCase();
}
