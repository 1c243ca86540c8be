import { collectGarbage } from '../heap.ts';
import type { Geometry, Value } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import type { FileHeader } from '../store/flatgeobuf.ts';
import type { ProfileCrs } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { LargeGeometry } from './large.ts';
import { lightened } from './light.ts';
import { type Picking, pickerOf } from './picker.ts';
import { selectFrom } from './select.ts';

interface FeedFeature {
  geometry: Geometry | null;
  /** None of a large feature that came in pieces. */
  values: Value[];
}

/** A version's features, cropped and reprojected, for formats that are written feature by feature. */
export interface Feed {
  crs: ProfileCrs | null;
  /** Of the version. */
  header: FileHeader;
  /** Features in batches, in the version's order; `fraction` says how far the source is read. */
  batches(): AsyncGenerator<{ features: FeedFeature[]; fraction: number }>;
  /** Features that the target CRS cannot hold; right once all batches were read. */
  dropped(): number;
  /** Features that could not be cut; likewise. */
  uncut(): number;
  close(): Promise<void>;
}

/**
 * Opens a version for export.
 * @throws the signal's reason when cancelled.
 */
export async function openFeed(picking: Picking, crs: ProfileCrs | null, signal: AbortSignal): Promise<Feed> {
  const file = await FlatGeobufFile.open(picking.path);
  try {
    const selection = await selectFrom(file, picking.crop?.index ?? null);
    const picker = await pickerOf(file, picking);
    return {
      crs,
      header: file.header,
      async *batches() {
        let read = 0;
        for (const batch of selection.batches) {
          signal.throwIfAborted();
          const features: FeedFeature[] = [];
          picker.pick(batch, (shape) => {
            if (shape instanceof LargeGeometry) {
              features.push({ geometry: lightened(shape, picking.tolerance ?? 0), values: [] });
              // V8 would let what it was made of stay beside what becomes of it.
              collectGarbage();
            } else features.push({ geometry: shape instanceof FlatGeometry ? shape.toGeometry() : shape, values: picker.cursor.values() });
          });
          read += batch.bytes;
          yield { features, fraction: read / Math.max(1, selection.bytes) };
        }
      },
      dropped: () => picker.dropped,
      uncut: () => picker.uncut,
      close() {
        picker[Symbol.dispose]();
        return file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
