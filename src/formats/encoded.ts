import type { EncodedFormat } from '../vector/encoder.ts';
import { csv } from './csv.ts';
import { dbf } from './dbf.ts';
import { flatgeobuf } from './flatgeobuf.ts';
import { geojson } from './geojson.ts';
import { geopackage } from './geopackage.ts';
import { pdf } from './pdf.ts';
import { shapefile } from './shapefile.ts';

/** The formats that the engine writes in threads: each of these has the code of all of them, and of no other. */
const ENCODED = [shapefile, geopackage, csv, pdf, geojson, flatgeobuf, dbf];

/** @param mimetype the format's own. */
export function findEncoded(kind: string, mimetype: string): EncodedFormat | undefined {
  return ENCODED.find((format) => format.mimetype === mimetype && format.kinds.some((one) => one === kind))?.writer.encoded;
}
