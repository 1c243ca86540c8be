import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runGdal } from '../../gdal/process.ts';
import { CONTINENTS } from './continents.ts';

/** A raster dataset of the demo, with where it comes from. */
export interface DemoRaster {
  id: number;
  title: string;
  description: string;
  license: string;
  tags: string[];
  kind: 'raster' | 'grid' | 'rat';
  /** Writes its sources to a folder, where those of the other datasets are already; gives what is to be published. */
  write: (dir: string) => Promise<string>;
}

/** The demo's countries once more, each with the value of its `continent`. */
export const CONTINENTS_FILE = 'continents.geojson';

/** The images of three-globe: the whole world in longitude and latitude, north at the top. */
const IMAGES = join(dirname(fileURLToPath(import.meta.resolve('three-globe'))), '../example/img');
const MARBLE = { file: join(IMAGES, 'earth-blue-marble.jpg'), width: 4096, height: 2048 };
const TOPOGRAPHY = { file: join(IMAGES, 'earth-topology.png'), width: 2048, height: 1024 };
/** Metres of one shade of gray: black is the sea, and white, of 255, is 6,400 m, as NASA's topography has it. */
const METRES = 6400 / 255;
/** Pixels of a degree, of the raster of continents. */
const PER_DEGREE = 10;
/** Pixels of a side: NASA cuts the Blue Marble into tiles of these names, 90° each. */
const TILE = 1024;

const MARBLE_CREDIT =
  'Blue Marble: NASA Earth Observatory, Reto Stöckli (visibleearth.nasa.gov), by way of the npm package three-globe, in steps of about 10 km.';

export const DEMO_RASTERS: readonly DemoRaster[] = [
  {
    id: 6,
    title: 'Blue Marble',
    description: `The Earth without clouds, in true colour.\n\n${MARBLE_CREDIT}`,
    license: 'public-domain',
    tags: ['imagery', 'nasa'],
    kind: 'raster',
    write: (dir) => write(join(dir, 'blue-marble.vrt'), picture(MARBLE, 0, 0, MARBLE.width, MARBLE.height)),
  },
  {
    id: 7,
    title: 'Elevation of the land',
    description:
      'Metres above the sea, from 0 to 6,400 in steps of 25. The sea, and land below it, is 0; what is higher than 6,400 m is 6,400.\n\n' +
      'From the shades of gray of a NASA topography image (visibleearth.nasa.gov), by way of the npm package three-globe, in steps of about 20 km.',
    license: 'public-domain',
    tags: ['elevation', 'nasa'],
    kind: 'grid',
    write: (dir) => write(join(dir, 'elevation.vrt'), elevation()),
  },
  {
    id: 8,
    title: 'Continents',
    description:
      'The continent of each country, in pixels of a tenth of a degree. A country is on one continent as a whole: Russia and Turkey are in Asia.\n\n' +
      'Made with Natural Earth (naturalearthdata.com), by way of the npm packages world-atlas and countries-list.',
    license: 'public-domain',
    tags: ['boundaries', 'natural earth'],
    kind: 'rat',
    async write(dir) {
      const area = ['-te', '-180', '-90', '180', '90', '-tr', String(1 / PER_DEGREE), String(1 / PER_DEGREE)];
      const classes = join(dir, 'classes.tif');
      await runGdal('gdal_rasterize', [
        '-q',
        '-a',
        'continent',
        '-ot',
        'Byte',
        '-a_nodata',
        '0',
        '-co',
        'COMPRESS=LZW',
        ...area,
        join(dir, CONTINENTS_FILE),
        classes,
      ]);
      return write(join(dir, 'continents.vrt'), continents(classes));
    },
  },
  {
    id: 9,
    title: 'Blue Marble in tiles',
    description: `The Earth without clouds, in true colour, in eight tiles of 90°: A1 to D1 are the northern ones from west to east, A2 to D2 the southern.\n\n${MARBLE_CREDIT}`,
    license: 'public-domain',
    tags: ['imagery', 'nasa'],
    kind: 'raster',
    async write(dir) {
      const tiles = join(dir, 'blue-marble-tiles');
      await mkdir(tiles);
      for (const [column, letter] of ['A', 'B', 'C', 'D'].entries())
        for (const row of [0, 1])
          await write(join(tiles, `${letter}${row + 1}.vrt`), picture(MARBLE, column * TILE, row * TILE, TILE, TILE));
      return tiles;
    },
  },
];

async function write(path: string, text: string): Promise<string> {
  await writeFile(path, text);
  return path;
}

interface Image {
  file: string;
  width: number;
  height: number;
}

/** A part of an image of the world, as GDAL's VRT. That it was a JPEG is told, so that it is kept as one. */
function picture(image: Image, x: number, y: number, width: number, height: number): string {
  const bands = ['Red', 'Green', 'Blue'].map(
    (color, index) =>
      `<VRTRasterBand dataType="Byte" band="${index + 1}"><ColorInterp>${color}</ColorInterp>` +
      `<SimpleSource>${source(image.file, index + 1, x, y, width, height)}</SimpleSource></VRTRasterBand>`,
  );
  const jpeg = '<Metadata domain="IMAGE_STRUCTURE"><MDI key="COMPRESSION">JPEG</MDI></Metadata>';
  return world(image, x, y, width, height, jpeg + bands.join(''));
}

function elevation(): string {
  const { file, width, height } = TOPOGRAPHY;
  const scaled = `<ComplexSource>${source(file, 1, 0, 0, width, height)}<ScaleOffset>0</ScaleOffset><ScaleRatio>${METRES}</ScaleRatio></ComplexSource>`;
  const band = `<VRTRasterBand dataType="Int16" band="1"><Description>elevation</Description><UnitType>m</UnitType>${scaled}</VRTRasterBand>`;
  return world(TOPOGRAPHY, 0, 0, width, height, band);
}

/** The classes with their colours and names. */
function continents(file: string): string {
  const [width, height] = [360 * PER_DEGREE, 180 * PER_DEGREE];
  const colors = [[0, 0, 0, 0], ...CONTINENTS.map(({ color }) => [...color, 255])];
  const entries = colors.map(([c1, c2, c3, c4]) => `<Entry c1="${c1}" c2="${c2}" c3="${c3}" c4="${c4}"/>`);
  // Types and usages are GDAL's numbers: integer 0, string 2; min-max 5, name 2, red to blue 6 to 8, generic 0.
  const columns = [
    ['Value', 0, 5],
    ['Continent', 2, 2],
    ['Code', 2, 0],
    ['Red', 0, 6],
    ['Green', 0, 7],
    ['Blue', 0, 8],
  ].map(
    ([name, type, usage], index) =>
      `<FieldDefn index="${index}"><Name>${name}</Name><Type>${type}</Type><Usage>${usage}</Usage></FieldDefn>`,
  );
  const rows = CONTINENTS.map(({ value, name, code, color }, index) => {
    const cells = [value, name, code, ...color].map((cell) => `<F>${cell}</F>`);
    return `<Row index="${index}">${cells.join('')}</Row>`;
  });
  const band =
    '<VRTRasterBand dataType="Byte" band="1"><Description>continent</Description><NoDataValue>0</NoDataValue><ColorInterp>Palette</ColorInterp>' +
    `<ColorTable>${entries.join('')}</ColorTable>` +
    `<GDALRasterAttributeTable tableType="thematic">${columns.join('')}${rows.join('')}</GDALRasterAttributeTable>` +
    `<SimpleSource>${source(file, 1, 0, 0, width, height)}</SimpleSource></VRTRasterBand>`;
  return world({ file, width, height }, 0, 0, width, height, band);
}

function source(file: string, band: number, x: number, y: number, width: number, height: number): string {
  const size = `xSize="${width}" ySize="${height}"`;
  return (
    `<SourceFilename relativeToVRT="0">${file.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</SourceFilename><SourceBand>${band}</SourceBand>` +
    `<SrcRect xOff="${x}" yOff="${y}" ${size}/><DstRect xOff="0" yOff="0" ${size}/>`
  );
}

/** A dataset over a part of an image of the world. */
function world(image: Image, x: number, y: number, width: number, height: number, content: string): string {
  const [dx, dy] = [360 / image.width, 180 / image.height];
  const transform = [-180 + x * dx, dx, 0, 90 - y * dy, 0, -dy];
  return (
    `<VRTDataset rasterXSize="${width}" rasterYSize="${height}"><SRS>EPSG:4326</SRS><GeoTransform>${transform.join(',')}</GeoTransform>` +
    `${content}</VRTDataset>\n`
  );
}
