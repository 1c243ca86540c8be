import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Painter } from '../../src/pdf/painter.ts';
import { paintLayout } from '../../src/pdf/paintlayout.ts';
import { FEATURES_FILE, type Profile } from '../../src/store/profile.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { isRaster } from '../../src/store/versionprofile.ts';
import { Picker } from '../../src/vector/picker.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { maps } from '../fixtures/maps.ts';

const folder = temporaryFolder();
const { publish } = await maps(folder);

test('one feature that is all of a layer takes little more than twice its size, and gives it back', async () => {
  const corners = Array.from({ length: 100 }, (_, n) => [Math.cos((n / 50) * Math.PI), Math.sin((n / 50) * Math.PI)] as const);
  const polygon = (n: number) => {
    const [x, y] = [170 + (n % 100) * 0.01, -44 + Math.floor(n / 100) * 0.01];
    const ring = corners.map(([dx, dy]) => [x + 0.004 * dx, y + 0.004 * dy]);
    return [[...ring, ring[0]]];
  };
  const file = join(folder, 'rings.geojson');
  writeFileSync(file, JSON.stringify({ type: 'MultiPolygon', coordinates: Array.from({ length: 10_000 }, (_, n) => polygon(n)) }));
  const { versionDir, profile } = await publish(file, { title: 'Rings' });
  assert.ok(!isRaster(profile));
  const features = await FlatGeobufFile.open(join(versionDir, FEATURES_FILE));
  const size = features.tree.featureBytes;
  assert.ok(size > 16e6, `${size} bytes`);
  const buffers = () => process.memoryUsage().arrayBuffers;
  const before = buffers();
  let most = 0;
  {
    using picker = new Picker(features, null, null, Number.POSITIVE_INFINITY, null);
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
  assert.ok(most < 2.6 * size, `${most} bytes for ${size}`);
  const left = buffers() - before;
  assert.ok(left < 0.6 * size, `${left} bytes are left`);
});

function paintOf({ extent }: Profile) {
  const bounds = extent ?? ([0, 0, 1, 1] as const);
  const scale = 500 / (bounds[2] - bounds[0]);
  const frame = { x: 50, y: 50, width: 500, height: (bounds[3] - bounds[1]) * scale };
  return { view: { frame, bounds, scale, period: null }, color: '#4477aa', outline: '#335577', most: 900_000 };
}
