import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { shareInside } from '../../src/exports/share.ts';
import type { MapItem } from '../../src/pdf/layer.ts';
import { Painter } from '../../src/pdf/painter.ts';
import { paintLayout } from '../../src/pdf/paintlayout.ts';
import { FEATURES_FILE, type Profile } from '../../src/store/profile.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { isRaster } from '../../src/store/versionprofile.ts';
import { Picker } from '../../src/vector/picker.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { boxArea, maps } from '../fixtures/maps.ts';

const folder = temporaryFolder();
const { publish, make } = await maps(folder);

/** A MultiPolygon of 100 × 100 rings, 0.01 degrees apart. */
function rings(): Promise<MapItem> {
  const corners = Array.from({ length: 100 }, (_, n) => [Math.cos((n / 50) * Math.PI), Math.sin((n / 50) * Math.PI)] as const);
  const polygon = (n: number) => {
    const [x, y] = [170 + (n % 100) * 0.01, -44 + Math.floor(n / 100) * 0.01];
    const ring = corners.map(([dx, dy]) => [x + 0.004 * dx, y + 0.004 * dy]);
    return [[...ring, ring[0]]];
  };
  const file = join(folder, 'rings.geojson');
  writeFileSync(file, JSON.stringify({ type: 'MultiPolygon', coordinates: Array.from({ length: 10_000 }, (_, n) => polygon(n)) }));
  return publish(file, { title: 'Rings' });
}
const item = await rings();
const { versionDir, profile } = item;
assert.ok(!isRaster(profile));

test('a large feature that an area cuts is on the map', async () => {
  const { layers } = await make([item], { crs: 'EPSG:4326', area: boxArea(170.002, -43.998, 170.305, -43.702) });
  const [layer] = layers;
  assert.deepEqual(layer?.content, { featureCount: 1, droppedCount: 0 });
  const [polygons] = layer.paths;
  // 31 × 31 of the rings are there, of which the outer ones are cut; each has some positions of about 10 bytes.
  assert.ok((polygons?.content.size ?? 0) > 31 * 31 * 100, `${polygons?.content.size} bytes`);
});

test('what an area keeps of a feature that is all of a layer is known without reading it as a whole', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const quarter = await shareInside(boxArea(169.9, -44.1, 170.495, -43.505), profile, versionDir);
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(quarter);
  assert.equal(quarter.features, 1);
  const share = quarter.vertices / profile.vertex_count;
  assert.ok(share > 0.2 && share < 0.3, `${share} of the vertices`);
  assert.ok(taken < 8e6, `${taken} bytes`);
  assert.equal(await shareInside(boxArea(170.0042, -43.9958, 170.0058, -43.9942), profile, versionDir), null, 'between four rings');
  const corner = await shareInside(boxArea(170.002, -43.998, 170.008, -43.992), profile, versionDir);
  assert.ok(corner && corner.vertices > 20 && corner.vertices < profile.vertex_count / 100, `${corner?.vertices} vertices`);
});

test('one feature that is all of a layer takes a fraction of its size, and gives it back', async () => {
  const features = await FlatGeobufFile.open(join(versionDir, FEATURES_FILE));
  const size = features.tree.featureBytes;
  assert.ok(size > 16e6, `${size} bytes`);
  const buffers = () => process.memoryUsage().arrayBuffers;
  const before = buffers();
  let most = 0;
  {
    using picker = new Picker(features, null, null, Number.POSITIVE_INFINITY, null, 1e-6);
    const painter = new Painter(paintOf(profile));
    const batch = { runs: Float64Array.of(0, size, 0), bytes: size };
    picker.pick(batch, (shape) => painter.measure(shape));
    const { batches } = paintLayout(paintOf(profile), [painter.measured()]);
    painter.begin(batches?.[0]?.start ?? []);
    picker.pick(batch, (shape) => {
      painter.write(shape);
      most = buffers() - before;
    });
  }
  await features.close();
  assert.ok(most < 0.7 * size, `${most} bytes for ${size}`);
  const left = buffers() - before;
  assert.ok(left < 0.6 * size, `${left} bytes are left`);
});

function paintOf({ extent }: Profile) {
  const bounds = extent ?? ([0, 0, 1, 1] as const);
  const scale = 500 / (bounds[2] - bounds[0]);
  const frame = { x: 50, y: 50, width: 500, height: (bounds[3] - bounds[1]) * scale };
  return { view: { frame, bounds, scale, period: null }, color: '#4477aa', outline: '#335577', most: 900_000 };
}
