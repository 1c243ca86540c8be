#!/usr/bin/env node
// Writes synthetic but realistic layers as GeoJSON text sequences, the same bytes for the same arguments, for benchmarks at any size.
// usage: node parcels.mjs KIND COUNT | ogr2ogr -f FlatGeobuf -a_srs EPSG:2193 -nln KIND out.fgb 'GeoJSONSeq:/vsistdin?buffer_limit=-1'
//   parcels: polygons that share curved edges (about 17 vertices each), some with a hole, in EPSG:2193
//   roads: lines of 40 vertices; addresses: points. Attributes: ids, UTF-8 text with macrons, nulls, dates, doubles.
// And a crop polygon of 200 vertices over about a quarter of the parcels: node parcels.mjs crop COUNT  (GeoJSON, EPSG:2193)
import { createWriteStream } from 'node:fs';

const [kind = 'parcels', countText = '100000'] = process.argv.slice(2);
const count = Number(countText);
const columns = Math.ceil(Math.sqrt(count));
const size = 30; // metres between grid corners
const origin = [1_570_000, 5_170_000];
const districts = ['Canterbury', 'Ōtautahi', 'Whangārei', 'Tāmaki Makaurau', 'Ōtepoti'];

/** A repeatable number in [0, 1) for a pair of integers and a salt. */
function noise(i, j, salt) {
  let h = Math.imul(i, 374761393) ^ Math.imul(j, 668265263) ^ Math.imul(salt, 2246822519);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}
const round = (v) => Math.round(v * 1000) / 1000;
const corner = (i, j) => [origin[0] + (i + 0.3 * (noise(i, j, 1) - 0.5)) * size, origin[1] + (j + 0.3 * (noise(i, j, 2) - 0.5)) * size];

/** Four points from a to b (b left out), bent by an amount that both neighbours of the edge agree on. */
function edge(i, j, i2, j2) {
  const flip = i2 < i || j2 < j;
  const [a, b] = flip ? [corner(i2, j2), corner(i, j)] : [corner(i, j), corner(i2, j2)];
  const bend = (noise(Math.min(i, i2), Math.min(j, j2), i2 === i ? 3 : 4) - 0.5) * 0.2;
  const points = [];
  for (let k = 0; k <= 4; k++) {
    const t = k / 4;
    const s = Math.sin(Math.PI * t) * bend;
    points.push([round(a[0] + (b[0] - a[0]) * t - (b[1] - a[1]) * s), round(a[1] + (b[1] - a[1]) * t + (b[0] - a[0]) * s)]);
  }
  if (flip) points.reverse();
  return points.slice(0, 4);
}
function parcel(n) {
  const i = n % columns;
  const j = Math.floor(n / columns);
  const ring = [...edge(i, j, i + 1, j), ...edge(i + 1, j, i + 1, j + 1), ...edge(i + 1, j + 1, i, j + 1), ...edge(i, j + 1, i, j)];
  ring.push(ring[0]);
  const rings = [ring];
  if (n % 97 === 0) {
    const [x, y] = corner(i, j).map((v) => v + size * 0.5);
    rings.push(
      [
        [x, y],
        [x, y + 3],
        [x + 3, y + 3],
        [x + 3, y],
        [x, y],
      ].map((p) => p.map(round)),
    );
  }
  return { type: 'Polygon', coordinates: rings };
}
function road(n) {
  const i = (n * 7) % columns;
  const j = Math.floor((n * 7) / columns) % columns;
  return { type: 'LineString', coordinates: Array.from({ length: 40 }, (_, k) => corner(i + k, j).map(round)) };
}
function properties(n) {
  const day = String(1 + (n % 28)).padStart(2, '0');
  return {
    id: n + 1,
    appellation: `Lot ${1 + (n % 900)} DP ${100000 + (n >> 3)}`,
    land_district_name: districts[n % 5],
    survey_date: n % 11 === 0 ? null : `19${60 + (n % 40)}-0${1 + (n % 9)}-${day}`,
    calculated_area: round(700 + 400 * noise(n, 7, 5)),
    titles: n % 4 === 0 ? null : `CB${n % 60}A/${n % 1400}, CB${n % 47}B/${n % 1300}`,
    parcel_intent_description: n % 3 === 0 ? 'Fee Simple Title' : 'Whenua Māori, held under Te Ture Whenua',
  };
}
const out = createWriteStream(null, { fd: 1, highWaterMark: 1 << 22 });
if (kind === 'crop') {
  const c = columns * size;
  const ring = Array.from({ length: 200 }, (_, k) => {
    const a = (2 * Math.PI * k) / 200;
    const r = c * (k % 2 ? 0.26 : 0.33);
    return [round(origin[0] + c / 2 + r * Math.cos(a)), round(origin[1] + c / 2 + r * Math.sin(a))];
  });
  ring.push(ring[0]);
  out.end(JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
} else {
  const shape = {
    parcels: parcel,
    roads: road,
    addresses: (n) => ({ type: 'Point', coordinates: corner(n % columns, Math.floor(n / columns)).map(round) }),
  }[kind];
  if (!shape || !(count > 0)) {
    process.stderr.write('usage: parcels.mjs parcels|roads|addresses|crop COUNT\n');
    process.exit(2);
  }
  for (let n = 0; n < count; ) {
    let text = '';
    for (const stop = Math.min(n + 2000, count); n < stop; n++)
      text += `${JSON.stringify({ type: 'Feature', properties: properties(n), geometry: shape(n) })}\n`;
    if (!out.write(text)) await new Promise((resume) => out.once('drain', resume));
  }
  out.end();
}
