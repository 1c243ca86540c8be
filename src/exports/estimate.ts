import type { Format } from '../formats/format.ts';
import type { Profile } from '../store/profile.ts';

/** Bytes of a deflated output for each byte of `features.fgb`, by short name; measured on parcels, roads and cities. */
const RATIO: Readonly<Record<string, number>> = {
  SHP: 0.32,
  DBF: 0.12,
  GPKG: 0.42,
  GDB: 0.3,
  TAB: 0.35,
  MIF: 0.28,
  CSV: 0.3,
  KML: 0.32,
  DXF: 0.4,
  PARQUET: 0.45,
  FGB: 0.42,
  XLSX: 0.25,
};
const USUAL_RATIO = 0.35;
/** README, manifest, licence and the ZIP's own records, deflated. */
const ARCHIVE_BYTES = 4000;

/**
 * About how many bytes an item will have in the archive.
 * @param format null where none was chosen.
 * @param share of the layer's features that lie in the area, 0..1.
 */
export function estimateItem(profile: Profile, format: Pick<Format, 'shortName'> | null, share: number): number {
  const ratio = RATIO[format?.shortName ?? ''] ?? USUAL_RATIO;
  return Math.ceil(profile.bytes * share * ratio) + ARCHIVE_BYTES;
}
