import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_TOKEN } from '../fixtures/site.ts';
import type { Contract } from './site.ts';

/** "Exports": `OPTIONS /exports/`. */
export function options({ site }: Contract): void {
  const described = async () => {
    const answer = await site.request('OPTIONS', '/exports/', undefined, { authorization: NO_TOKEN });
    assert.equal(answer.status, 200);
    return answer.body;
  };

  test('OPTIONS describes the form of POST, and needs no token', async () => {
    const body = await described();
    assert.deepEqual(Object.keys(body).slice(0, 5), ['name', 'description', 'renders', 'parses', 'actions']);
    assert.equal(body.name, 'Export List');
    assert.deepEqual([body.renders, body.parses], [['application/json'], ['application/json']]);
    const { POST } = body.actions;
    for (const name of ['formats', 'crs', 'items', 'name', 'extent', 'options']) {
      assert.equal(typeof POST[name].type, 'string', name);
      assert.equal(typeof POST[name].label, 'string', name);
      assert.equal(POST[name].read_only, false, name);
    }
    assert.equal(POST.formats.type, 'nested object');
    assert.equal(POST.formats.required, true);
    assert.equal(POST.items.required, true);
    assert.equal(POST.name.required, false);
    const { vector } = POST.formats.children;
    assert.deepEqual(Object.keys(vector), ['type', 'required', 'read_only', 'label', 'choices']);
    assert.equal(vector.type, 'choice');
    assert.equal(vector.label, 'Vector');
    for (const choice of vector.choices) assert.deepEqual(Object.keys(choice), ['value', 'display_name']);
  });

  test('every option is described with its type, choices, minimum, maximum and default', async () => {
    const { children } = (await described()).actions.POST.options;
    const values = (name: string) => children[name].choices.map(({ value }: { value: string }) => value);
    assert.deepEqual(values('page_size'), ['a4', 'a3', 'letter']);
    assert.equal(children.page_size.default, 'a4');
    assert.deepEqual(values('page_orientation'), ['landscape', 'portrait']);
    assert.equal(children.page_orientation.default, 'landscape');
    for (const name of ['include_scale', 'include_scale_grid', 'include_lat_lon_grid', 'include_legend']) {
      assert.equal(children[name].type, 'boolean', name);
      assert.equal(children[name].default, false, name);
    }
    const { pdf_raster_dpi: dpi, raster_resolution_multiplier: multiplier } = children;
    assert.deepEqual([dpi.type, dpi.minimum, dpi.maximum, dpi.default], ['integer', 72, 600, 72]);
    assert.deepEqual([multiplier.type, multiplier.minimum, multiplier.maximum, multiplier.default], ['integer', 1, 16, 1]);
    assert.equal(Object.keys(children).length, 8);
  });
}
