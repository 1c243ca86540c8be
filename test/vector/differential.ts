import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { measureLayer } from '../../src/catalog/publish/measure.ts';
import { openSource } from '../../src/catalog/publish/source.ts';
import { cropFor } from '../../src/crs/crop.ts';
import { transformPoints } from '../../src/crs/transform.ts';
import { findFormat } from '../../src/formats/registry.ts';
import { loadGeos } from '../../src/geometry/geos.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { Mender } from '../../src/store/mend.ts';
import type { Profile } from '../../src/store/profile.ts';
import { dimensionOf, isEmpty, members } from '../../src/store/shape.ts';
import { toWkb } from '../../src/store/wkb.ts';
import { exportTable } from '../../src/table/export.ts';
import { Crew } from '../../src/vector/crew.ts';
import { exportVector } from '../../src/vector/export.ts';
import type { ItemRequest } from '../../src/vector/item.ts';
import { readGeoPackage, writeGeoPackage } from '../fixtures/geopackage.ts';
import type { Area, Case, Shape } from './arbitraries.ts';
import {
  differenceOf,
  farthestApart,
  geometryFrom,
  isValid,
  longest,
  type Nearness,
  onOneTurn,
  type Parts,
  partsOf,
  perimeter,
  positionsIn,
  projected,
  rangeOf,
  SNAPPED,
  show,
  spansAll,
  symmetricDifference,
  texts,
  turned,
  unionOf,
  wkt,
} from './geometries.ts';
import { cell, FIELD_NAMES, FIELDS, FORMATS, type FormatName, largestOf, type Read, sameValue } from './values.ts';

const run = promisify(execFile);
const geos = await loadGeos();
const mender = await Mender.load();

interface Place {
  /** Of the corner of its layers' frames, in degrees. */
  lonLat: readonly [number, number];
  crss: readonly string[];
  /** Degrees that a frame's unit may be. */
  units: readonly number[];
}

/** Where layers lie, with CRSs whose area of use they are in. */
export const PLACES: Readonly<Record<string, Place>> = {
  // None of its frames reaches 180°.
  'New Zealand': {
    lonLat: [167, -45],
    crss: ['EPSG:2193', 'EPSG:4326', 'EPSG:3857', 'EPSG:32759', 'EPSG:4167'],
    units: [1e-4, 2e-3, 2e-2],
  },
  Britain: { lonLat: [-1.5, 52.5], crss: ['EPSG:27700', 'EPSG:4326', 'EPSG:3857', 'EPSG:32630'], units: [1e-4, 2e-3, 1e-2] },
  // Its frames have 180° in their middle.
  Fiji: { lonLat: [180, -17], crss: ['EPSG:4326', 'EPSG:3832', 'EPSG:4167'], units: [1e-4, 2e-3, 2e-2] },
  Antarctica: { lonLat: [60, -75], crss: ['EPSG:3031', 'EPSG:4326'], units: [1e-4, 2e-3, 2e-2] },
};

/** Metres from the Earth's middle. */
const EARTH = 6_378_137;
/** Metres of a degree of latitude, for a frame's units. */
const DEGREE = 111_000;

type Rows = ReadonlyMap<number, readonly Read[]>;

const isGeographic = (crs: string) => crs === 'EPSG:4326' || crs === 'EPSG:4167';
/** A square millimetre, and what rounding moves coordinates of that size by, or what PROJ's stand-in may. */
function nearness(crs: string, largest: number, transformed: boolean): Nearness {
  const unit = isGeographic(crs) ? 1 / DEGREE : 1;
  return { place: Math.max(largest * 2 ** -48, transformed ? 2e-6 * unit : 0), area: 1e-6 * unit ** 2 };
}

/** Heights and measures on a plane of the frame. */
function measured(geometry: Geometry, hasZ: boolean, hasM: boolean, [x0, y0, unit]: readonly [number, number, number]): Geometry {
  const plane = (a: number, b: number, c: number) =>
    Float64Array.from(
      { length: geometry.xy.length / 2 },
      (_, i) => a + (b * ((geometry.xy[2 * i] ?? 0) - x0) + c * ((geometry.xy[2 * i + 1] ?? 0) - y0)) / unit,
    );
  return {
    ...geometry,
    z: hasZ ? plane(100, 0.5, -0.25) : null,
    m: hasM ? plane(5, 0.125, 0.75) : null,
    parts: geometry.parts.map((part) => measured(part, hasZ, hasM, [x0, y0, unit])),
  };
}

type At = (position: readonly [number, number]) => [number, number];

function geometryOf(shape: Shape, at: At): Geometry {
  const none = { xy: new Float64Array(), z: null, m: null, ends: null, parts: [] };
  const lines = (all: readonly (readonly (readonly [number, number])[])[]) => {
    let end = 0;
    return { xy: Float64Array.from(all.flatMap((line) => line.flatMap(at))), ends: Uint32Array.from(all, (line) => (end += line.length)) };
  };
  switch (shape.type) {
    case 'MultiLineString':
      return { ...none, type: shape.type, ...lines(shape.lines) };
    case 'Polygon':
      return { ...none, type: shape.type, ...(shape.rings.length > 0 ? lines(shape.rings) : {}) };
    case 'MultiPolygon':
      return { ...none, type: shape.type, parts: shape.polygons.map((rings) => geometryOf({ type: 'Polygon', rings }, at)) };
    case 'GeometryCollection':
      return { ...none, type: shape.type, parts: shape.members.map((member) => geometryOf(member, at)) };
    default:
      return { ...none, type: shape.type, xy: Float64Array.from(shape.positions.flatMap(at)) };
  }
}

/** Polygons as one valid area. */
function united(polygons: MultiPolygon): MultiPolygon {
  const valid = polygons.flatMap((polygon) => {
    using one = geos.fromPolygons([polygon]);
    if (one.isValid()) return [polygon];
    using made = one.makeValid();
    return made.toPolygons();
  });
  if (valid.length === 0) return [];
  using all = geos.fromPolygons(valid);
  if (all.isValid()) return valid;
  using union = all.union();
  return union.toPolygons();
}

/** The polygons of an area, in the coordinates that `at` gives. */
function polygonsOf(area: Area, features: Case['features'], at: At): MultiPolygon {
  if ('polygons' in area) return area.polygons.map((rings) => rings.map((ring) => ring.map(at)));
  const own = area.features.map((index) => features[index % features.length]?.shape ?? null);
  return own.flatMap((shape) => {
    if (shape?.type === 'Polygon' && shape.rings.length > 0) return [shape.rings.map((ring) => ring.map(at))];
    return shape?.type === 'MultiPolygon' ? shape.polygons.map((rings) => rings.map((ring) => ring.map(at))) : [];
  });
}

interface Output {
  key: string;
  path: string;
  layer: string;
  open: readonly string[];
}

/** Of a batch of a few features. */
const FEW_BYTES = 1 << 11;

function newCrew(): Crew {
  return new Crew(new URL('../../src/exports/crewmember.ts', import.meta.url));
}

/** Tries random cases on the engine and on GDAL. */
export class Differential {
  readonly #folder: string;
  readonly #renewed: number;
  /** Threads that are new have no GEOS yet. */
  #crew = newCrew();
  #exports = 0;
  readonly #origins = new Map<string, Promise<readonly [number, number]>>();
  #problems: string[] = [];
  /** Features that were compared, over all formats. */
  compared = 0;

  /** @param renewed after so many exports others get new threads. */
  constructor(folder: string, renewed = Number.POSITIVE_INFINITY) {
    this.#folder = folder;
    this.#renewed = renewed;
  }

  /** What differs, as sentences with all that is needed to try it again; nothing where all is the same. */
  async problems(one: Case): Promise<string[]> {
    this.#problems = [];
    const dir = mkdtempSync(join(this.#folder, 'case-'));
    try {
      await this.#run(one, dir);
    } catch (error) {
      this.#problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      await this.#renew();
      rmSync(dir, { recursive: true, force: true });
    }
    return this.#problems;
  }

  async #renew(): Promise<void> {
    await this.#crew.close();
    this.#crew = newCrew();
  }

  /** The corner of a frame, in degrees or in a CRS's units. */
  #origin({ lonLat: [lon, lat] }: Place, crs: string): Promise<readonly [number, number]> {
    const key = `${lon} ${lat} ${crs}`;
    const known =
      this.#origins.get(key) ??
      (isGeographic(crs)
        ? Promise.resolve([lon, lat] as const)
        : transformPoints(Float64Array.of(lon, lat), 'EPSG:4326', crs).then(([x = 0, y = 0]) => [Math.round(x), Math.round(y)] as const));
    this.#origins.set(key, known);
    return known;
  }

  async #run(one: Case, dir: string): Promise<void> {
    const known = PLACES[one.place];
    if (!known) throw new Error(`There is no place ${one.place}.`);
    const seam = known.lonLat[0] === 180;
    const degrees = known.units[one.unit % known.units.length] ?? 1;
    const place: Place = { ...known, lonLat: [known.lonLat[0] - (seam ? 6 * degrees : 0), known.lonLat[1]] };
    const own = place.crss[one.crs % place.crss.length] ?? 'EPSG:4326';
    const unit = isGeographic(own) ? degrees : Math.round(degrees * DEGREE);
    const [x0, y0] = await this.#origin(place, own);
    const at: At = ([x, y]) => [x0 + x * unit, y0 + y * unit];
    const atDegrees: At = ([x, y]) => [place.lonLat[0] + x * degrees, place.lonLat[1] + y * degrees];
    const geometries = one.features.map(({ shape }) => {
      const made = shape && mender.mend(geometryOf(shape, at));
      // Past 180° as most layers have it: on the other end.
      const valid = made && seam && isGeographic(own) && one.wrapped ? turned(made) : made;
      return valid && measured(valid, one.hasZ, one.hasM, [x0, y0, unit]);
    });
    const source = join(dir, 'source.gpkg');
    this.#writeSource(source, own, one, geometries);
    const { path, profile } = await this.#publish(source, 'features', join(dir, 'version'));
    const crops: { crop: MultiPolygon | null; target: string }[] = [];
    for (const { area, degrees: inDegrees, target } of one.exports) {
      const crs = place.crss[target % place.crss.length] ?? own;
      if (!area) {
        crops.push({ crop: null, target: crs });
        continue;
      }
      const polygons = polygonsOf(area, one.features, inDegrees ? atDegrees : at);
      const valid = united(polygons);
      if (valid.length === 0) continue;
      // What is asked for may be written on either turn.
      const asked = seam && one.wrapped ? valid.map((rings) => rings.map((ring) => ring.map(([x = 0, y = 0]) => [x - 360, y]))) : valid;
      const crop = inDegrees ? await cropFor(asked, profile) : valid;
      if (inDegrees && !seam) await this.#compareArea(crop, valid, own, profile);
      if (crop) crops.push({ crop, target: crs });
    }
    const cases = crops.map((each, index) => ({ ...each, index }));
    const outputs: Output[] = [];
    const sourceOf = { path, profile };
    for (const { crop, target, index } of cases) {
      for (const crs of new Set([own, target])) {
        const formats: FormatName[] = ['gpkg', 'shp', 'csv', 'fgb', ...(crs === 'EPSG:4326' ? (['geojson'] as const) : [])];
        for (const format of formats)
          outputs.push(...(await this.#export(sourceOf, format, crop, crs, own, `${index} ${crs} ${format}`, dir)));
      }
    }
    const read = await this.#read(outputs, dir, []);
    const rowsOf = (index: number, crs: string, format: FormatName) => read.get(`${index} ${crs} ${format}`) ?? new Map<number, Read[]>();
    for (const { crop, target, index } of cases) {
      const what = { where: `${one.place} ${own}, unit ${unit}`, crop, seam: seam && isGeographic(own) };
      const mine = rowsOf(index, own, 'gpkg');
      await this.#compareWithClip(mine, geometries, crop, own, source, what, dir);
      for (const crs of new Set([own, target])) {
        const base = rowsOf(index, crs, 'gpkg');
        for (const format of ['shp', 'csv', 'fgb', 'geojson'] as const) {
          if (format === 'geojson' && crs !== 'EPSG:4326') continue;
          this.#compareFormats(rowsOf(index, crs, format), base, format, { ...what, crs });
        }
        for (const format of ['gpkg', 'shp', 'csv', 'fgb', 'geojson'] as const)
          this.#compareValues(rowsOf(index, crs, format), one.features, format, `${what.where} to ${crs}`);
      }
    }
    await this.#compareTransformed(cases, outputs, rowsOf, own, source, seam, dir);
    for (const { path: file, key, layer } of outputs) if (key.endsWith(' gpkg')) this.#checkGeoPackage(file, layer, key);
    if (one.table) await this.#table(source, one, dir);
  }

  /** An area in a layer's CRS is the one in degrees, with edges that are straight there: PROJ's own places, close together. */
  async #compareArea(crop: MultiPolygon | null, area: MultiPolygon, crs: string, { extent }: Profile): Promise<void> {
    if (!extent) return;
    const expected = crs === 'EPSG:4326' ? area : await projected(area, 'EPSG:4326', crs);
    using layer = geos.rectangle(...extent);
    const [mine, theirs] = [crop ?? [], expected].map((polygons) => {
      using whole = unionOf(united(polygons).map(geometryFrom));
      return whole.intersection(layer);
    });
    if (!mine || !theirs) return;
    const difference = symmetricDifference(mine, theirs);
    const length = expected.flat().reduce((sum, ring) => sum + perimeter({ xy: Float64Array.from(ring.flat()) }), 0);
    mine[Symbol.dispose]();
    theirs[Symbol.dispose]();
    // Edges may run a millimetre off.
    const allowed = (1e-3 / (isGeographic(crs) ? DEGREE : 1)) * length;
    if (!(difference <= allowed))
      this.#problems.push(`the area ${JSON.stringify(area)} in ${crs} is ${difference} off, ${allowed} allowed`);
  }

  #writeSource(path: string, crs: string, { features }: Case, geometries: readonly (Geometry | null)[]): void {
    const rows = features.map(({ values }, n) => [n, ...FIELD_NAMES.map((name) => cell(values[name]))]);
    const columns = { n: 'MEDIUMINT', ...FIELDS };
    const fids = features.map(({ fid }) => fid);
    // Collections in members: GEOS 3.11 intersects no collection, so GDAL cannot clip one.
    const parts = geometries.flatMap((geometry, n) => (geometry ? members(geometry).map((part) => ({ n, part })) : []));
    writeGeoPackage(path, Number(crs.slice(5)), [
      { name: 'features', geometries, fids, columns, rows },
      {
        name: 'members',
        geometries: parts.map(({ part }) => part),
        fids: parts.map((_, index) => index + 1),
        columns: { n: 'MEDIUMINT' },
        rows: parts.map(({ n }) => [n]),
      },
      { name: 'rows', geometries: null, fids, columns, rows },
    ]);
  }

  async #publish(source: string, layer: string, dir: string): Promise<{ path: string; profile: Profile }> {
    mkdirSync(dir);
    const [opened] = await openSource(source, { layers: [layer] });
    if (!opened) throw new Error('The source has no layer.');
    const { dir: version, profile } = await measureLayer(opened, { tempDir: dir, crs: undefined, signal: undefined, onProgress: () => {} });
    return { path: join(version, 'features.fgb'), profile };
  }

  async #export(
    source: ItemRequest['source'],
    name: FormatName,
    crop: MultiPolygon | null,
    crs: string | null,
    own: string | null,
    key: string,
    dir: string,
  ): Promise<Output[]> {
    if (++this.#exports % this.#renewed === 0) await this.#renew();
    const { mimetype, extension, open } = FORMATS[name];
    const format = findFormat(source.profile.kind, mimetype);
    if (!format) throw new Error(`There is no format ${mimetype}.`);
    const into = join(dir, key.replaceAll(/[ :]/g, '-'));
    const [outDir, tempDir] = [join(into, 'out'), join(into, 'temp')];
    mkdirSync(outDir, { recursive: true });
    mkdirSync(tempDir);
    const request = {
      source,
      publishedAt: new Date('2026-01-02T03:04:05Z'),
      format,
      color: null,
      name: 'layer',
      outDir,
      tempDir,
      crew: this.#crew,
      // Every second one goes through the threads in many batches.
      ...(this.#exports % 2 === 0 ? { batchBytes: FEW_BYTES } : {}),
      signal: AbortSignal.timeout(600_000),
      onProgress: () => {},
    };
    const result =
      source.profile.kind === 'table'
        ? await exportTable(request)
        : await exportVector({ ...request, crop, targetCrs: crs === own ? null : crs });
    const lost = result.warnings.filter((warning) => /could not be cut|cannot hold a place/.test(warning));
    if (lost.length > 0) this.#problems.push(`${key}: ${lost.join(' ')}`);
    for (const { name: file, content } of result.files) {
      const bytes = typeof content === 'string' ? readFileSync(content) : inflateRawSync(readFileSync(content.path));
      writeFileSync(join(into, file), bytes);
    }
    return result.files
      .filter(({ name: file }) => file.endsWith(`.${extension}`))
      .map(({ name: file }) => ({ key, path: join(into, file), layer: file.slice(0, -extension.length - 1), open }));
  }

  /** All features of outputs, read by one GDAL process, by what they are and their number. */
  async #read(outputs: readonly Output[], dir: string, args: readonly string[]): Promise<Map<string, Map<number, Read[]>>> {
    const vrt = join(dir, `read-${this.#number++}.vrt`);
    const layers = outputs.map(
      ({ path, layer, open }, index) =>
        `<OGRVRTLayer name="l${index}"><SrcDataSource>${path}</SrcDataSource><SrcLayer>${layer}</SrcLayer><OpenOptions>${open
          .map((option) => `<OOI key="${option.split('=')[0]}">${option.split('=')[1]}</OOI>`)
          .join('')}</OpenOptions></OGRVRTLayer>`,
    );
    writeFileSync(vrt, `<OGRVRTDataSource>${layers.join('\n')}</OGRVRTDataSource>`);
    const path = vrt.replace('.vrt', '.gpkg');
    await this.#ogr2ogr([path, vrt, '-nlt', 'GEOMETRY', ...args]);
    const read = new Map<string, Map<number, Read[]>>();
    outputs.forEach(({ key }, index) => {
      const rows = read.get(key) ?? new Map<number, Read[]>();
      read.set(key, rows);
      for (const row of readGeoPackage(path, `l${index}`)) {
        const n = Number(row.values.n);
        rows.set(n, [...(rows.get(n) ?? []), row]);
      }
    });
    return read;
  }

  #number = 0;

  async #ogr2ogr(args: readonly string[]): Promise<void> {
    const config = ['--config', 'OGR_SQLITE_SYNCHRONOUS', 'OFF'];
    const creation = ['-lco', 'SPATIAL_INDEX=NO', '-lco', 'GEOMETRY_NAME=geocrate_geom', '-lco', 'FID=geocrate_fid'];
    const { stderr } = await run('ogr2ogr', [...config, '-f', 'GPKG', ...creation, ...args], { maxBuffer: 1 << 26 });
    const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR'));
    if (errors.length > 0) this.#problems.push(`GDAL: ${errors.slice(0, 3).join(' ')}`);
  }

  /** What GDAL's own clip makes of each feature's members. */
  async #clipped(
    source: string,
    crop: MultiPolygon | null,
    dir: string,
    args: readonly string[],
  ): Promise<Map<number, (Geometry | null)[]>> {
    const number = this.#number++;
    const [clip, path] = [join(dir, `clip-${number}.geojson`), join(dir, `clipped-${number}.gpkg`)];
    writeFileSync(clip, JSON.stringify({ type: 'MultiPolygon', coordinates: crop }));
    await this.#ogr2ogr([path, source, 'members', ...(crop ? ['-clipsrc', clip] : []), '-nlt', 'GEOMETRY', '-nln', 'clipped', ...args]);
    const found = new Map<number, (Geometry | null)[]>();
    for (const { geometry, values } of readGeoPackage(path, 'clipped')) {
      const n = Number(values.n);
      found.set(n, [...(found.get(n) ?? []), geometry]);
    }
    return found;
  }

  /** Own CRS: the cut is GDAL's. */
  async #compareWithClip(
    mine: Rows,
    geometries: readonly (Geometry | null)[],
    crop: MultiPolygon | null,
    crs: string,
    source: string,
    { where, seam }: { where: string; seam: boolean },
    dir: string,
  ): Promise<void> {
    if (!crop && !seam) {
      geometries.forEach((geometry, n) => {
        const [row, ...more] = mine.get(n) ?? [];
        if (!row || more.length > 0) this.#problems.push(`${where}: feature ${n} occurs ${more.length + (row ? 1 : 0)} times`);
        else if (texts(partsOf([row.geometry])).join() !== texts(partsOf([geometry])).join())
          this.#problems.push(`${where}: feature ${n} is another: ${wkt(row.geometry)} for ${wkt(geometry)}`);
        this.compared++;
      });
      return;
    }
    const theirs = await this.#clipped(source, crop, dir, []);
    const largest = crop ? crop.flat(3).reduce((most, value) => Math.max(most, Math.abs(value)), 0) : 360;
    const unwrapped = (parts: Parts) => (seam ? onOneTurn(parts) : parts);
    geometries.forEach((geometry, n) => {
      this.compared++;
      const rows = mine.get(n) ?? [];
      const dimensions = new Set(geometry ? members(geometry).map(({ type }) => dimensionOf(type)) : []);
      if (rows.length > 1) this.#problems.push(`${where}: feature ${n} occurs ${rows.length} times`);
      if (crop && rows[0] && (!rows[0].geometry || isEmpty(rows[0].geometry)))
        this.#problems.push(`${where}: feature ${n} has no geometry after a crop: ${wkt(geometry)} cropped to ${JSON.stringify(crop)}`);
      const [one, other] = [unwrapped(partsOf(rows.map((row) => row.geometry))), unwrapped(partsOf(theirs.get(n) ?? []))];
      for (const dimension of [0, 1, 2] as const) {
        if (!dimensions.has(dimension)) {
          // GDAL's clip gives points where areas only touch; ours are never of a lower dimension.
          if (one[dimension].length > 0) this.#problems.push(`${where}: feature ${n} has parts of dimension ${dimension}`);
          continue;
        }
        // What a member of a higher dimension became is not told from members of this one.
        const isMixed = dimensions.size > 1;
        const difference = differenceOf(one, other, dimension, nearness(crs, largest, false), crop ?? [], isMixed, geometry);
        if (difference)
          this.#problems.push(
            `${where}: feature ${n} (${difference}): ${wkt(geometry)} cropped to ${JSON.stringify(crop)} is ${wkt(rows[0]?.geometry)} and GDAL's ${(theirs.get(n) ?? []).map(wkt).join('; ')}`,
          );
      }
      for (const values of ['z', 'm'] as const) {
        const [low, high] = rangeOf(partsOf([geometry]).flat(), values);
        const [least, most] = rangeOf(one.flat(), values);
        if (least < low - 1e-6 || most > high + 1e-6)
          this.#problems.push(`${where}: feature ${n} has ${values} from ${least} to ${most}, not ${low} to ${high}: ${wkt(geometry)}`);
      }
      for (const polygon of one[2]) {
        using made = geos.fromWkb(toWkb(polygon));
        if (!made.isValid())
          this.#problems.push(
            `${where}: feature ${n} is not valid: ${wkt(geometry)} cropped to ${JSON.stringify(crop)} is ${wkt(polygon)}`,
          );
      }
    });
  }

  /** Another CRS: what comes out is what GDAL makes of the output in the layer's own, position by position. */
  async #compareTransformed(
    cases: readonly { crop: MultiPolygon | null; target: string; index: number }[],
    outputs: readonly Output[],
    rowsOf: (index: number, crs: string, format: FormatName) => Rows,
    own: string,
    source: string,
    seam: boolean,
    dir: string,
  ): Promise<void> {
    for (const crs of new Set(cases.map(({ target }) => target))) {
      if (crs === own) continue;
      const same = cases.filter(({ target }) => target === crs);
      // Before they are cut at 180°, since a projection that is not cut there shows them in one piece.
      const direct = seam && isGeographic(own) && !isGeographic(crs);
      // A FlatGeobuf has no collections with empty members, which GDAL (3.6) cannot transform.
      const files = direct ? [] : outputs.filter(({ key }) => same.some(({ index }) => key === `${index} ${own} fgb`));
      // Without -wrapdateline, which makes polygons that span all of the map of some: here all are put on one turn.
      const theirs =
        files.length > 0 ? await this.#read(files, dir, ['-s_srs', own, '-t_srs', crs]) : new Map<string, Map<number, Read[]>>();
      for (const { index, crop } of same) {
        const mine = rowsOf(index, crs, 'gpkg');
        const read = [...(theirs.get(`${index} ${own} fgb`) ?? [])].map(([n, rows]) => [n, rows.map(({ geometry }) => geometry)] as const);
        const edges = direct && crop ? await projected(crop, own, crs) : [];
        const reference = direct ? await this.#clipped(source, crop, dir, ['-s_srs', own, '-t_srs', crs]) : new Map(read);
        for (const n of new Set([...mine.keys(), ...reference.keys()])) {
          this.compared++;
          const [one, other] = [partsOf((mine.get(n) ?? []).map((row) => row.geometry)), partsOf(reference.get(n) ?? [])];
          const [a, b] = [one.flat(), other.flat()];
          const near = nearness(
            crs,
            a.reduce((most, { xy }) => xy.reduce((max, value) => Math.max(max, Math.abs(value)), most), 0),
            true,
          );
          if (seam) {
            if (isGeographic(crs) && one.flat().some(spansAll))
              this.#problems.push(`${own} to ${crs}: feature ${n} spans all of the map: ${wkt(mine.get(n)?.[0]?.geometry)}`);
            const [turn, same] = isGeographic(crs) ? [onOneTurn(one), onOneTurn(other)] : [one, other];
            for (const dimension of [0, 1, 2] as const) {
              // GDAL's clip puts positions where a line crosses itself; in a projection they are not on the straight line from end to end.
              const bend = direct && dimension === 1 ? longest([...one[1], ...other[1]]) ** 2 / (3 * EARTH) : 0;
              const difference = differenceOf(turn, same, dimension, { ...near, place: near.place + bend / SNAPPED }, edges, false, null);
              if (difference)
                this.#problems.push(
                  `${own} to ${crs}: feature ${n} (${difference}): ${wkt(mine.get(n)?.[0]?.geometry)} for ${wkt(reference.get(n)?.[0])}`,
                );
            }
            continue;
          }
          const off = farthestApart(a, b);
          if (!(off <= near.place))
            this.#problems.push(
              `${own} to ${crs}: feature ${n} is ${off} away: ${wkt(mine.get(n)?.[0]?.geometry)} for ${wkt(reference.get(n)?.[0])}`,
            );
        }
      }
    }
  }

  /** All formats hold the same geometry, with the same Z and M, as far as they can. */
  #compareFormats(
    rows: Rows,
    base: Rows,
    format: FormatName,
    { where, crs, crop }: { where: string; crs: string; crop: MultiPolygon | null },
  ): void {
    const decimals = format === 'geojson' ? 7 : null;
    for (const n of new Set([...rows.keys(), ...base.keys()])) {
      this.compared++;
      const [one, other] = [rows.get(n) ?? [], base.get(n) ?? []];
      if (one.length === 0 || other.length === 0 || (format !== 'shp' && one.length > 1)) {
        this.#problems.push(`${where} to ${crs}: feature ${n} occurs ${one.length} times in ${format}, ${other.length} times in gpkg`);
        continue;
      }
      const [made, expected] = [one, other].map((some) =>
        texts(partsOf(some.map((row) => row.geometry)), decimals, format === 'geojson').join(),
      );
      // What a projection makes invalid, by leaving straight what should bend, GDAL takes apart into other polygons.
      const isTurned = format === 'shp' && !partsOf(other.map((row) => row.geometry))[2].every(isValid);
      if (made !== expected && !(isTurned && positionsIn(made) === positionsIn(expected)))
        this.#problems.push(
          `${where} to ${crs}: feature ${n} of ${format} is ${one.map((row) => wkt(row.geometry)).join('; ')}, of gpkg ${wkt(other[0]?.geometry)}, crop ${JSON.stringify(crop)}`,
        );
    }
  }

  #compareValues(rows: Rows, features: Case['features'], format: FormatName, where: string): void {
    const largest = { ratio: largestOf(features, 'ratio'), single: largestOf(features, 'single') };
    for (const [n, some] of rows) {
      const feature = features[n];
      for (const { values } of some) {
        if (!feature) {
          this.#problems.push(`${where}: ${format} has a feature ${n}`);
          continue;
        }
        if (format === 'gpkg' ? false : Number(values.fid) !== feature.fid)
          this.#problems.push(`${where}: ${format} has fid ${values.fid} for ${feature.fid}`);
        for (const name of FIELD_NAMES) {
          if (
            !sameValue(format, name, feature.values[name], values[name] ?? null, name === 'ratio' || name === 'single' ? largest[name] : 0)
          )
            this.#problems.push(
              `${where}: ${name} of feature ${n} in ${format} is ${show(values[name])}, not ${show(feature.values[name])}`,
            );
        }
      }
    }
  }

  async #table(source: string, { features }: Case, dir: string): Promise<void> {
    const published = await this.#publish(source, 'rows', join(dir, 'table'));
    const outputs: Output[] = [];
    for (const format of ['gpkg', 'csv', 'dbf'] as const)
      outputs.push(...(await this.#export(published, format, null, null, null, `table ${format}`, dir)));
    const read = await this.#read(outputs, dir, []);
    for (const format of ['gpkg', 'csv', 'dbf'] as const) {
      const rows = read.get(`table ${format}`) ?? new Map<number, Read[]>();
      if (rows.size !== features.length) this.#problems.push(`a table has ${rows.size} rows of ${features.length} in ${format}`);
      this.#compareValues(rows, features, format, 'table');
    }
  }

  #checkGeoPackage(path: string, layer: string, key: string): void {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const found = [
        database.prepare('PRAGMA integrity_check').get()?.integrity_check,
        database.prepare(`SELECT rtreecheck('rtree_${layer}_geom') AS found`).get()?.found,
      ];
      if (found.some((one) => one !== 'ok')) this.#problems.push(`${key}: ${found.join(', ')}`);
    } finally {
      database.close();
    }
  }
}
