import type { RasterAttributeTable, RasterProfile } from '../../src/store/rasterprofile.ts';
import { gdalinfo } from '../fixtures/rasters.ts';
import type { MadeRaster } from './randomraster.ts';

interface Export {
  path: string;
  /** The bands of the source that it has. */
  bands: number;
  asked: { format: string; multiplier: number; crs: string | null; area: unknown };
  warnings: readonly string[];
}

/** What an export does not say of a raster, though its source did, and no warning tells that it does not. */
export function wordProblems(file: MadeRaster, profile: RasterProfile, { path, bands, asked, warnings }: Export): string[] {
  const source = gdalinfo(file.path);
  const info = gdalinfo(path);
  const problems: string[] = [];
  const told = warnings.join(' ');
  const check = (what: string, word: RegExp, found: unknown, expected: unknown, isSame = same(found, expected)) => {
    if (!isSame && !word.test(told)) problems.push(`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}: ${told}`);
  };
  // A GeoTIFF's colours are opaque already.
  const palette: number[][] | undefined = source.bands[0].colorTable?.entries;
  const expands = palette !== undefined && info.bands[0].colorInterpretation !== 'Palette';
  for (let band = 0; band < (expands ? 1 : bands); band++) {
    const [ours, theirs] = [info.bands[band], source.bands[band]];
    if (theirs.description) check(`description of band ${band + 1}`, /description/i, ours.description ?? '', theirs.description);
    if (expands) continue;
    check(`unit of band ${band + 1}`, /unit/i, ours.unit ?? '', theirs.unit ?? '');
    check(`scale of band ${band + 1}`, /scale/i, [ours.scale ?? 1, ours.offset ?? 0], [theirs.scale ?? 1, theirs.offset ?? 0]);
    const wavelength = theirs.metadata?.['']?.wavelength;
    check(`metadata of band ${band + 1}`, /metadata/i, ours.metadata?.['']?.wavelength, wavelength);
    if (theirs.colorInterpretation !== 'Undefined' && theirs.colorInterpretation !== 'Gray')
      check(`colour of band ${band + 1}`, /colou?r/i, ours.colorInterpretation, theirs.colorInterpretation);
    for (const [name, word] of [
      ['min', 'MINIMUM'],
      ['max', 'MAXIMUM'],
    ] as const) {
      const said = ours.metadata?.['']?.[`STATISTICS_${word}`];
      const isWhole = asked.multiplier === 1 && (asked.crs === null || asked.crs === profile.crs.id) && asked.area === null;
      const truth = profile.bands[band]?.statistics?.[name];
      if (said === undefined) continue;
      if (!isWhole || truth === undefined || Math.abs(Number(said) - truth) > Math.abs(truth) * 1e-6)
        problems.push(`its ${name} is said to be ${said}, and is ${isWhole ? truth : 'another'}`);
    }
  }
  check('metadata', /metadata/i, info.metadata?.['']?.ACQUIRED, source.metadata?.['']?.ACQUIRED);
  if (palette && !expands)
    for (const [value, colour] of palette.slice(0, file.palette?.length).entries()) {
      const found = info.bands[0].colorTable?.entries[value];
      const isNodata = String(value) === profile.bands[0]?.nodata;
      check(
        `colour ${value}`,
        /transparent/i,
        found,
        colour,
        same(found, colour) || (isNodata && same(found?.slice(0, 3), colour.slice(0, 3))),
      );
    }
  if (expands && palette.some(([, , , alpha = 255]) => alpha < 255)) check('transparency', /transparen/i, 'none', 'some');
  if (expands) check('palette', /palette/i, 'none', 'one');
  if (file.table && !/attribute table was left out/.test(told))
    problems.push(...tableProblems(file.table, info.rat, asked.format === 'img', told));
  return problems;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

interface PrintedTable {
  fieldDefn?: { name: string }[];
  row?: { f: (number | string)[] }[];
}

/** @param byValue whether a row's number is the value that it is of. */
function tableProblems(table: RasterAttributeTable, printed: PrintedTable | undefined, byValue: boolean, told: string): string[] {
  if (!printed?.row) return ['there is no attribute table'];
  const names = printed.fieldDefn?.map(({ name }) => name) ?? [];
  const value = table.columns.findIndex(({ usage }) => usage === 'MinMax');
  const problems: string[] = [];
  for (const [index, row] of table.rows.entries()) {
    const at = byValue && value >= 0 ? Number(row[value]) : index;
    for (const [column, { name, type, usage }] of table.columns.entries()) {
      const isColour = ['Red', 'Green', 'Blue', 'Alpha'].includes(usage);
      const found = printed.row[at]?.f[names.indexOf(name)];
      const expected = row[column];
      const isSame =
        type === 'string' ? found === expected : Math.abs(Number(found) - Number(expected)) <= Math.abs(Number(expected)) * 1e-9;
      if (!isSame && !(isColour && byValue) && !/attribute table/i.test(told))
        problems.push(`row ${index} has ${found} as ${name}, not ${expected}`);
    }
  }
  return problems;
}
