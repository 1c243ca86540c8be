import { type AreaProblem, areaOfGeoJson, areaOfText } from './areatext.ts';
import type { AreaGeometry } from './geometry.ts';

/** What is larger is no area that anybody drew. */
const MAX_FILE_BYTES = 50_000_000;

/** The polygons of a file: GeoJSON, a zipped Shapefile in any coordinate system that its `.prj` names, KML or KMZ. */
export async function areaOfFile(file: File): Promise<AreaGeometry | AreaProblem | 'too-large' | 'unknown-file'> {
  if (file.size > MAX_FILE_BYTES) return 'too-large';
  const bytes = await file.arrayBuffer();
  const [first, second] = new Uint8Array(bytes.slice(0, 2));
  // The two letters that every zip archive begins with.
  if (first === 0x50 && second === 0x4b) return areaOfZip(bytes);
  const text = new TextDecoder().decode(bytes).trimStart();
  if (text.startsWith('<')) return areaOfKml(text);
  if (text.startsWith('{') || text.startsWith('[')) return areaOfText(text);
  return 'unknown-file';
}

async function areaOfZip(bytes: ArrayBuffer): Promise<AreaGeometry | AreaProblem> {
  const { TextWriter, Uint8ArrayReader, ZipReader, configure } = await import('@zip.js/zip.js');
  configure({ useWebWorkers: false });
  const entries = await new ZipReader(new Uint8ArrayReader(new Uint8Array(bytes))).getEntries();
  for (const entry of entries)
    if (!entry.directory && /\.kml$/i.test(entry.filename)) return areaOfKml(await entry.getData(new TextWriter()));
  return areaOfShapefile(bytes);
}

async function areaOfShapefile(bytes: ArrayBuffer): Promise<AreaGeometry | AreaProblem> {
  const { default: read } = await import('shpjs');
  try {
    return areaOfGeoJson(await read(bytes));
  } catch {
    return 'broken';
  }
}

async function areaOfKml(text: string): Promise<AreaGeometry | AreaProblem> {
  const { kml } = await import('@tmcw/togeojson');
  const parsed = new DOMParser().parseFromString(text, 'text/xml');
  if (parsed.querySelector('parsererror')) return 'broken';
  return areaOfGeoJson(kml(parsed));
}
