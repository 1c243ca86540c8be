import type { RasterAttributeTable, RasterProfile } from '../store/rasterprofile.ts';
import { defaultColour } from './colours.ts';

/** A class of a layer of pixels. */
export interface PixelClass {
  /** Of its pixels. */
  value: number;
  name: string;
  /** `#RRGGBB` */
  color: string;
}

/**
 * The classes of a layer by its attribute table, in its order: their colours are those of the palette, or of the table, or the default ones.
 * @returns none where the table names none.
 */
export function classesOf({ rat, bands: [band] }: Pick<RasterProfile, 'rat' | 'bands'>): PixelClass[] {
  if (!rat) return [];
  const column = (...usages: RasterAttributeTable['columns'][number]['usage'][]) =>
    rat.columns.findIndex(({ usage }) => usages.includes(usage));
  const [values, names] = [column('MinMax', 'Min'), column('Name')];
  if (values < 0 || names < 0) return [];
  const parts = [column('Red'), column('Green'), column('Blue')];
  return rat.rows.flatMap((row, index) => {
    const [value, name] = [Number(row[values]), String(row[names] ?? '').trim()];
    if (!Number.isInteger(value) || name === '') return [];
    const color = band?.palette?.[value] ?? (parts.every((part) => part >= 0) ? parts.map((part) => Number(row[part])) : null);
    // What the palette does not show is no class of the map.
    if (color?.[3] === 0) return [];
    return [{ value, name, color: color ? `#${Buffer.from(color.slice(0, 3)).toString('hex')}` : defaultColour(index) }];
  });
}
