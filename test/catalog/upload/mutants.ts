import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Random } from '../../fixtures/random.ts';
import { type RawEntry, rawZip } from '../../fixtures/zip.ts';
import type { Original } from './originals.ts';
import { spoilBytes, spoilText, spoilTiff } from './spoil.ts';

/** A file as nobody should upload it. */
export interface Mutant {
  filename: string;
  content: Buffer;
  /** What was done to what, for messages. */
  about: string;
}

/** What no upload may show or reach. */
export interface Forbidden {
  /** A raster and a table of features that lie elsewhere on this machine, and may be read by everybody. */
  raster: string;
  features: string;
  /** Where a listener notes whoever asks. */
  url: string;
}

const TEXT = /\.(geojson|geojsonl|csv|kml|gml|xsd|dxf|asc|mif|mid|prj|hdr|cpg|tab|wld|xml|gfs)$/i;

/** Spoils an original by chance. @param folder for what SQLite has to have as a file. */
export function mutant(original: Original, forbidden: Forbidden, folder: string, random: Random): Mutant {
  const members = original.members.map((member) => ({ ...member }));
  const done: string[] = [];
  const spoilt = random.chance(0.85) || !original.isZip ? random.pick(members) : null;
  if (spoilt) {
    const [how, content] = spoil(spoilt, forbidden, folder, random);
    spoilt.content = content;
    done.push(`${spoilt.name} ${how}`);
  }
  const [only] = members;
  if (!original.isZip && only && random.chance(0.85)) {
    // Under the ending of another kind now and then.
    const filename = random.chance(0.05)
      ? `lots.${random.pick(['tif', 'geojson', 'gpkg', 'zip', 'xml', 'csv', 'gdb', 'tar', 'kmz'])}`
      : only.name;
    return { filename, content: only.content, about: `${original.name}: ${done.join(', ')}, as ${filename}` };
  }
  if (!spoilt || random.chance(0.5)) done.push(besides(members, forbidden, random));
  let content = rawZip(members);
  if (random.chance(0.15)) {
    content = spoilBytes(content, random);
    done.push('the ZIP file itself');
  }
  return { filename: 'lots.zip', content, about: `${original.name}: ${done.join(', ')}, in a ZIP file` };
}

function spoil({ name, content }: RawEntry, forbidden: Forbidden, folder: string, random: Random): [how: string, content: Buffer] {
  if (/\.tif$/i.test(name) && random.chance(0.7)) return ['with other tags', spoilTiff(content, random)];
  if (/\.gpkg$/i.test(name) && random.chance(0.5)) return inGeoPackage(content, folder, random);
  if (TEXT.test(name) && random.chance(0.75)) {
    const text = content.toString('latin1');
    if (/\.(kml|gml|xsd|xml|gfs)$/i.test(name) && random.chance(0.5))
      return ['with entities', Buffer.from(withEntities(text, forbidden, random), 'latin1')];
    if (/\.geojsonl?$/i.test(name) && random.chance(0.2)) return ['with a link', Buffer.from(withLink(text, forbidden, random), 'latin1')];
    return ['with other words', spoilText(content, random)];
  }
  if (random.chance(0.05)) return ['as a VRT', Buffer.from(referring(forbidden, random))];
  return ['with other bytes', spoilBytes(content, random)];
}

/** XML that shows other files, at any place where a driver may look for it. */
function referring({ raster, features, url }: Forbidden, random: Random): string {
  const source = `<SimpleSource><SourceFilename relativeToVRT="0">${raster}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>`;
  const band = `<VRTRasterBand dataType="Int16" band="1">${source}</VRTRasterBand>`;
  const place = '<SRS>EPSG:2193</SRS><GeoTransform>1600000,10,0,5400000,0,-10</GeoTransform>';
  const xml = random.pick([
    `<VRTDataset rasterXSize="40" rasterYSize="30">${place}${band}</VRTDataset>`,
    `<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>${features}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>`,
    `<OGRVRTDataSource><OGRVRTUnionLayer name="u"><OGRVRTLayer name="secret"><SrcDataSource>${features}</SrcDataSource></OGRVRTLayer></OGRVRTUnionLayer></OGRVRTDataSource>`,
    `<GDAL_WMS><Service name="TMS"><ServerUrl>${url}/\${z}</ServerUrl></Service><DataWindow><SizeX>40</SizeX><SizeY>30</SizeY></DataWindow></GDAL_WMS>`,
    `<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">${raster}</MDI></Metadata></PAMDataset>`,
    `<PAMDataset><Metadata domain="SUBDATASETS"><MDI key="SUBDATASET_1_NAME">${raster}</MDI></Metadata></PAMDataset>`,
    `<Envi2><a href="${url}"/></Envi2>`,
    raster,
    `/vsicurl/${url}/a.tif`,
  ]);
  // Beyond where it is looked for, or in another encoding.
  const before = random.pick(['', '', '\uFEFF', '<?xml version="1.0"?>', ' '.repeat(300_000), `<!-- ${'x'.repeat(300_000)} -->`]);
  const text = before + xml;
  return random.chance(0.1) ? Buffer.from(text, 'utf16le').toString('latin1') : text;
}

function withEntities(text: string, { features, url }: Forbidden, random: Random): string {
  const laughs = Array.from({ length: 12 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(12)}">`).join('');
  const declared = random.pick([
    `<!ENTITY l0 "ha">${laughs}<!ENTITY e "&l12;">`,
    `<!ENTITY e SYSTEM "file://${features}">`,
    `<!ENTITY e SYSTEM "${url}/entity">`,
    `<!ENTITY % p SYSTEM "${url}/dtd">%p;<!ENTITY e "x">`,
    '<!ENTITY e "&e;">',
    `<!ENTITY e "${'x'.repeat(500_000)}">`,
  ]);
  const [prolog = ''] = /^<\?xml[^>]*\?>/.exec(text) ?? [];
  const root = /<([\w:]+)[\s>]/.exec(text.slice(prolog.length))?.[1] ?? 'x';
  const body = text.slice(prolog.length).replace(/>[^<>\n]{3,40}</g, (found) => (random.chance(0.5) ? '>&e;<' : found));
  const referring = random.pick([
    '',
    ` xlink:href="${url}/x" xmlns:xlink="http://www.w3.org/1999/xlink"`,
    ` xsi:schemaLocation="a ${url}/a.xsd"`,
  ]);
  return `${prolog}<!DOCTYPE ${root} [${declared}]>${body.replace(/(<[\w:]+)([\s>])/, `$1${referring}$2`)}`;
}

function withLink(text: string, { features, url }: Forbidden, random: Random): string {
  const crs = random.pick([
    { type: 'link', properties: { href: `${url}/crs`, type: 'esriwkt' } },
    { type: 'link', properties: { href: features, type: 'proj4' } },
    {
      type: 'name',
      properties: {
        name: random.pick([
          `${url}/name`,
          features,
          `IMPORTFROMFILE:${features}`,
          'urn:ogc:def:crs:EPSG::999999',
          `+proj=longlat +nadgrids=${features}`,
        ]),
      },
    },
  ]);
  return text.replace(/"crs": *\{[^{}]*\{[^{}]*\} *\},/, '').replace('{', `{"crs":${JSON.stringify(crs)},`);
}

/** What a schema may have whoever reads it do. */
const STATEMENTS = [
  `update gpkg_contents set srs_id = 999999`,
  `update gpkg_spatial_ref_sys set definition = 'GEOGCS["x"' where srs_id > 0`,
  `update gpkg_geometry_columns set geometry_type_name = 'CURVE', z = 7, m = 9`,
  `update gpkg_contents set min_x = 1e308, max_x = -1e308`,
  `update gpkg_contents set table_name = 'sqlite_schema'`,
  `update gpkg_contents set identifier = '../../../a', description = char(0)`,
  `update lots set geom = zeroblob(100000)`,
  `update lots set geom = x'47500001e6080000' || x'0106000000ffffff7f'`,
  `update lots set geom = cast('GP' as blob)`,
  `update lots set name = zeroblob(3000000)`,
  `update lots set name = x'ff00fe'`,
  `update lots set area = 'a text'`,
  `update lots set area = 9e999`,
  `alter table lots add column huge text generated always as (hex(zeroblob(50000000)))`,
  `alter table lots add column many text generated always as (replace(hex(zeroblob(2000)), '00', hex(zeroblob(20000))))`,
  `alter table lots add column "a""b" text`,
  `alter table lots add column "${'long'.repeat(2000)}" text default 'x'`,
  `create table more as select * from lots`,
  `create trigger t after insert on lots begin delete from lots; end`,
  `create view v as select * from lots`,
  `create index i on lots (abs(area))`,
  `insert into gpkg_extensions values ('lots', 'geom', 'gpkg_geom_${'CURVE'}', 'x', 'write-only')`,
  `pragma user_version = -1`,
  `pragma application_id = 0`,
  `pragma journal_mode = wal`,
  `pragma encoding = 'UTF-16'; vacuum`,
  `pragma page_size = 65536; vacuum`,
];

function inGeoPackage(content: Buffer, folder: string, random: Random): [how: string, content: Buffer] {
  const path = join(folder, 'mutant.gpkg');
  writeFileSync(path, content);
  const database = new DatabaseSync(path, { defensive: false });
  const run: string[] = [];
  // What triggers of the original's indexes call is GDAL's own.
  for (const name of ['ST_MinX', 'ST_MaxX', 'ST_MinY', 'ST_MaxY', 'ST_IsEmpty']) database.function(name, () => 0);
  for (let times = 1 + Math.floor(random.next() * 2); times > 0; times--) {
    const statement = random.pick(STATEMENTS);
    try {
      database.exec(statement);
      run.push(statement);
    } catch {
      // One before it has made it impossible.
    }
  }
  database.close();
  const changed = readFileSync(path);
  for (const made of [path, `${path}-wal`, `${path}-shm`]) rmSync(made, { force: true });
  return [`after ${run.map((statement) => statement.slice(0, 120)).join('; ')}`, changed];
}

/** Puts something into a ZIP file that belongs into none; says what. */
function besides(members: RawEntry[], forbidden: Forbidden, random: Random): string {
  const member = random.pick(members);
  const stem = member.name.replace(/\.[^.]*$/, '');
  const add = (name: string, content: Buffer | string, more: Partial<RawEntry> = {}): string => {
    members.push({ name, content: Buffer.from(content), ...more });
    return `with ${name.slice(0, 60)}${more.mode === undefined ? '' : ', a link'}`;
  };
  const sidecar = () =>
    random.pick([
      `${member.name}.aux.xml`,
      `${member.name}.ovr`,
      `${member.name}.msk`,
      `${stem}.aux`,
      `${stem}.vrt`,
      `${stem}.xml`,
      `${stem}.tab`,
      `${stem}.gfs`,
      `${stem}.prj`,
    ]);
  const change = random.next();
  if (change < 0.35) return add(sidecar(), referring(forbidden, random));
  if (change < 0.5)
    return add(
      random.pick([`${stem}.dbf`, `${stem}.tif`, 'a.csv', 'a.geojson', sidecar()]),
      random.pick([forbidden.features, forbidden.raster, '/etc/passwd', '..']),
      { mode: 0o120777 },
    );
  if (change < 0.65)
    return add(
      random.pick([
        '../evil.geojson',
        '/tmp/evil.geojson',
        'a/../../evil.csv',
        '..\\evil.csv',
        'C:\\evil.csv',
        `${'d/'.repeat(140)}a.csv`,
        'a\u202e.csv',
        'CON',
        '-oo.csv',
        '--config.geojson',
        'a".shp',
        "a'b.geojson",
        '%2e%2e/a.csv',
        ' ',
      ]),
      member.content,
    );
  if (change < 0.75) return add('bomb.csv', Buffer.alloc(8 << 20, '1,2\n'), random.chance(0.5) ? { says: 10 } : {});
  if (change < 0.85) return add('nested.zip', rawZip([{ name: '../evil.geojson', content: member.content }, ...members]));
  if (change < 0.92) return add(random.chance(0.5) ? member.name : member.name.toUpperCase(), spoilBytes(member.content, random));
  members.splice(members.indexOf(member), 1);
  return `without ${member.name}`;
}
