import { deflateRawSync } from 'node:zlib';
import type { Format } from '../formats/format.ts';
import type { DeflatedSample, Profile } from '../store/profile.ts';
import type { Share } from './share.ts';

/** How a format writes: which of the sampled ways is like its own, and what it adds. Measured by `npm run bench -- estimates`. */
interface FormatModel {
  /** Its coordinates: as kept, in the text of their digits, in degrees of 7 decimals. */
  coordinates: 'binary' | 'text' | 'degrees' | 'none';
  /** Its bytes for each of the sample's. */
  perVertex: number;
  attributes: keyof DeflatedSample['feature'] | 'none';
  perAttributeByte: number;
  /** Bytes a feature besides: for points, and for lines and polygons, which have boxes and counts. */
  perPoint: number;
  perShape: number;
  /** Bytes of headers, indexes and side files of an empty layer. */
  fixed: number;
}

const MODELS: Readonly<Record<string, FormatModel>> = {
  SHP: { coordinates: 'binary', perVertex: 1.02, attributes: 'fixed', perAttributeByte: 0.84, perPoint: 8.2, perShape: 9.1, fixed: 1880 },
  DBF: { coordinates: 'none', perVertex: 0, attributes: 'fixed', perAttributeByte: 0.84, perPoint: 0, perShape: 0, fixed: 1880 },
  GPKG: { coordinates: 'binary', perVertex: 1, attributes: 'binary', perAttributeByte: 0.29, perPoint: 42, perShape: 51, fixed: 9760 },
  GDB: { coordinates: 'binary', perVertex: 0.35, attributes: 'binary', perAttributeByte: 0.12, perPoint: 32, perShape: 85, fixed: 19000 },
  TAB: { coordinates: 'binary', perVertex: 0.62, attributes: 'fixed', perAttributeByte: 0.82, perPoint: 11, perShape: 38, fixed: 3000 },
  MIF: { coordinates: 'text', perVertex: 0.92, attributes: 'text', perAttributeByte: 0.62, perPoint: 8.4, perShape: 5, fixed: 3850 },
  CSV: { coordinates: 'text', perVertex: 1.02, attributes: 'text', perAttributeByte: 0.81, perPoint: 10.4, perShape: 1, fixed: 1280 },
  KML: { coordinates: 'text', perVertex: 1.02, attributes: 'named', perAttributeByte: 0.9, perPoint: 15, perShape: 15, fixed: 700 },
  DXF: { coordinates: 'text', perVertex: 0.93, attributes: 'none', perAttributeByte: 0, perPoint: 4.4, perShape: 6.3, fixed: 6000 },
  GEOJSON: {
    coordinates: 'degrees',
    perVertex: 1.04,
    attributes: 'named',
    perAttributeByte: 0.85,
    perPoint: 5.3,
    perShape: 3.8,
    fixed: 150,
  },
  FGB: { coordinates: 'binary', perVertex: 1.03, attributes: 'binary', perAttributeByte: 0.52, perPoint: 34, perShape: 33, fixed: 800 },
  PARQUET: {
    coordinates: 'binary',
    perVertex: 1.12,
    attributes: 'binary',
    perAttributeByte: 1.23,
    perPoint: 0,
    perShape: 8.3,
    fixed: 2500,
  },
  XLSX: { coordinates: 'none', perVertex: 0, attributes: 'text', perAttributeByte: 1.8, perPoint: 0, perShape: 0, fixed: 5500 },
};
/** For a format that nobody measured. */
const USUAL: FormatModel = {
  coordinates: 'binary',
  perVertex: 1,
  attributes: 'binary',
  perAttributeByte: 1,
  perPoint: 10,
  perShape: 30,
  fixed: 2000,
};

/**
 * About how many bytes an item has in the archive.
 * @param format null where none was chosen.
 * @param share what a crop keeps; null for all.
 * @param moved true when coordinates are brought to another CRS.
 * @param deflated measured on the version.
 */
export function estimateItem(
  profile: Profile,
  format: Pick<Format, 'shortName'> | null,
  { share, moved, deflated }: { share: Share | null; moved: boolean; deflated: DeflatedSample },
): number {
  const model = MODELS[format?.shortName ?? ''] ?? USUAL;
  const features = share?.features ?? profile.feature_count;
  const vertices = share?.vertices ?? profile.vertex_count;
  const pointsOnly = profile.vertex_count <= profile.feature_count;
  const beside = profile.kind === 'table' ? 0 : pointsOnly ? model.perPoint : model.perShape;
  const attributes = model.attributes === 'none' ? 0 : model.perAttributeByte * deflated.feature[model.attributes];
  const bytes = vertices * model.perVertex * bytesPerVertex(model, deflated, moved) + features * (beside + attributes);
  return Math.ceil(bytes + model.fixed);
}

function bytesPerVertex({ coordinates }: FormatModel, { vertex }: DeflatedSample, moved: boolean): number {
  switch (coordinates) {
    case 'binary':
      return moved ? vertex.binary_moved : vertex.binary;
    case 'text':
      return moved ? vertex.text_moved : vertex.text;
    case 'degrees':
      return vertex.degrees;
    case 'none':
      return 0;
  }
}

/** README and manifest without what depends on the request, and the ZIP's own records. */
const ARCHIVE_BYTES = 1900;
const ITEM_BYTES = 350;

/**
 * About how many bytes the archive has besides its items' files.
 * @param said of the request: it stands in the manifest.
 * @param texts that stand beside the data, such as licences.
 */
export function estimateArchive(items: number, said: unknown, texts: readonly string[]): number {
  const deflated = [...new Set(texts)].map(deflatedLength).concat(deflateRawSync(JSON.stringify(said, null, 2) ?? '').length);
  return ARCHIVE_BYTES + items * ITEM_BYTES + deflated.reduce((sum, bytes) => sum + bytes, 0);
}

/** The same few licences stand in all archives. */
const lengths = new Map<string, number>();
const LENGTHS_KEPT = 100;

function deflatedLength(text: string): number {
  const known = lengths.get(text);
  if (known !== undefined) return known;
  if (lengths.size >= LENGTHS_KEPT) lengths.clear();
  const { length } = deflateRawSync(text);
  lengths.set(text, length);
  return length;
}
