import { join } from 'node:path';
import type { Value } from '../store/feature.ts';
import { FEATURES_FILE, type FieldType, type Profile } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';

/** A value as JSON can hold it. */
export type RowValue = string | number | boolean | null;

/** Characters of a text that are shown. */
const LONGEST_TEXT = 200;
/** Bytes that are read for the rows. */
const MOST_BYTES = 4 << 20;

/**
 * The first rows of a version.
 * @param dir the version's folder.
 * @returns values in the order of the fields; long texts are cut, whole numbers that JSON would round are text, bytes are told by their number.
 */
export async function sampleRows(dir: string, profile: Profile, limit: number): Promise<RowValue[][]> {
  if (profile.feature_count === 0) return [];
  const file = await FlatGeobufFile.open(join(dir, FEATURES_FILE));
  try {
    const rows: RowValue[][] = [];
    while (rows.length < Math.min(limit, profile.feature_count)) {
      const features = await file.run(rows.length, MOST_BYTES / 4);
      for (const feature of features.slice(0, limit - rows.length))
        rows.push(feature.values().map((value, index) => rowValue(value, profile.fields[index]?.type)));
      if (file.header.indexNodeSize === 0) break;
    }
    return rows;
  } finally {
    await file.close();
  }
}

function rowValue(value: Value, type: FieldType | undefined): RowValue {
  if (value === null) return null;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (type === 'boolean') return Boolean(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean') return value;
  const characters = [...value.slice(0, 2 * LONGEST_TEXT)];
  return characters.length > LONGEST_TEXT ? `${characters.slice(0, LONGEST_TEXT - 1).join('')}…` : value;
}
