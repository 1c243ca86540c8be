import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parcels } from '../../fixtures/data.ts';
import { raster } from '../../fixtures/rasters.ts';
import type { RawEntry } from '../../fixtures/zip.ts';

/** What can be uploaded as it is: a file, or the members of a ZIP file. */
export interface Original {
  /** What it is, for messages. */
  name: string;
  isZip: boolean;
  members: RawEntry[];
}

/** Drivers of GDAL that write one file, with its ending. */
const FILES = {
  GPKG: 'gpkg',
  FlatGeobuf: 'fgb',
  GeoJSON: 'geojson',
  GeoJSONSeq: 'geojsonl',
  CSV: 'csv',
  KML: 'kml',
  GML: 'gml',
  DXF: 'dxf',
  XLSX: 'xlsx',
  ODS: 'ods',
};
const OPTIONS: Record<string, string[]> = { CSV: ['-lco', 'GEOMETRY=AS_WKT'], DXF: ['-skipfailures'] };
/** What several files make, which are uploaded as a ZIP file: GDAL's arguments, and what it is to write in a folder. */
const FOLDERS: Record<string, { args: string[]; path: string }> = {
  Shapefile: { args: ['-f', 'ESRI Shapefile', '-lco', 'SPATIAL_INDEX=YES'], path: 'lots.shp' },
  TAB: { args: ['-f', 'MapInfo File'], path: 'lots.tab' },
  MIF: { args: ['-f', 'MapInfo File'], path: 'lots.mif' },
  'File Geodatabase': { args: ['-f', 'OpenFileGDB'], path: 'lots.gdb' },
};

const TILED = ['-co', 'TILED=YES', '-co', 'BLOCKXSIZE=16', '-co', 'BLOCKYSIZE=16'];
/** How a GeoTIFF is laid out. */
const TIFFS: Record<string, string[]> = {
  strips: [],
  tiles: [...TILED, '-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=2'],
  lzw: ['-co', 'COMPRESS=LZW'],
  packbits: ['-co', 'COMPRESS=PACKBITS'],
  'big-endian BigTIFF': [...TILED, '-co', 'BIGTIFF=YES', '-co', 'ENDIANNESS=BIG'],
  'cloud optimized': ['-of', 'COG', '-co', 'COMPRESS=DEFLATE', '-co', 'BLOCKSIZE=128'],
};
const SIZE: [number, number] = [40, 30];
/** Large enough to have overviews. */
const COG_SIZE: [number, number] = [300, 200];

/** Small files of every kind that can be uploaded, made by GDAL in a folder. */
export function originals(folder: string): Original[] {
  const source = parcels(folder);
  const convert = (path: string, args: string[]) =>
    execFileSync('ogr2ogr', ['-limit', '12', '-nln', 'lots', ...args, path, source], { stdio: 'ignore' });
  const inFolder = (name: string, write: (dir: string) => void): Original => {
    const dir = join(folder, name);
    mkdirSync(dir);
    write(dir);
    return { name, isZip: true, members: membersOf(dir) };
  };
  const inFile = (name: string, path: string): Original => {
    const ending = path.slice(path.lastIndexOf('.'));
    return { name, isZip: false, members: [{ name: `lots${ending}`, content: readFileSync(path) }] };
  };
  return [
    ...Object.entries(FILES).map(([driver, ending]) => {
      const path = join(folder, `one.${ending}`);
      convert(path, ['-f', driver, ...(OPTIONS[driver] ?? [])]);
      return inFile(driver, path);
    }),
    ...Object.entries(FOLDERS).map(([name, { args, path }]) => inFolder(name, (dir) => convert(join(dir, path), args))),
    ...Object.entries(TIFFS).map(([name, args], n) =>
      inFile(`GeoTIFF, ${name}`, raster(folder, `${n}.tif`, { size: args.includes('COG') ? COG_SIZE : SIZE, args })),
    ),
    inFile('ASCII grid', raster(folder, 'grid.asc', { size: SIZE, args: ['-of', 'AAIGrid'] })),
    ...Object.entries({ PNG: 'png', JPEG: 'jpg', EHdr: 'bil' }).map(([driver, ending]) =>
      inFolder(driver, (dir) => raster(dir, `a.${ending}`, { size: SIZE, type: 'Byte', args: ['-of', driver] })),
    ),
    inFolder('two tiles', (dir) => {
      for (const [n, name] of ['a', 'b'].entries())
        raster(dir, `${name}.tif`, { size: SIZE, place: [1_600_000 + n * 400, 5_400_000, 10, 10] });
    }),
  ];
}

/** The files of a folder and of those in it. */
function membersOf(folder: string): RawEntry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: path.slice(folder.length + 1), content: readFileSync(path) }));
}
