import fc from 'fast-check';
import { ORIGIN } from '../fixtures/data.ts';

/** Texts of all kinds: NUL, lone surrogates, names of JavaScript's own, long ones. */
const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'x\udfff',
    '__proto__',
    'constructor',
    'toString',
    'NaN',
    '../..',
    "'; drop table exports; --",
    '%s',
    '\u2028',
  ),
  fc.nat(300).map((length) => 'x'.repeat(length)),
);
const numbers = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, 1e308, -1e308, 5e-324, 2 ** 53, 2 ** 31, -1, 0.5, 72, 600, 16));
/** Any JSON value, names of JavaScript's own among the keys. */
export const anything: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    texts,
    numbers,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(texts, tie('value')), { maxLength: 4 }).map(ownKeys),
  ),
})).value;

/** An object whose keys may be `__proto__`. */
function ownKeys(entries: [string, unknown][]): object {
  const made = {};
  for (const [key, value] of entries) Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  return made;
}

/** Mostly one of these, at times anything. */
function mostly(...good: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> {
  return fc.oneof(...good.map((arbitrary) => ({ weight: 40, arbitrary })), { weight: 1, arbitrary: anything });
}

/** Nine times in ten the first. */
function often<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

const position = fc
  .tuple(
    fc.double({ min: -0.3, max: 1.3, noNaN: true }),
    fc.double({ min: -0.3, max: 1.3, noNaN: true }),
    fc.constantFrom(0, 0, 0, 360, -360),
  )
  .map(([x, y, turn]) => [ORIGIN[0] + x + turn, ORIGIN[1] + y]);
const box = fc
  .tuple(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1.5, noNaN: true }),
  )
  .map(([x, y, size]) => {
    const [w, s] = [ORIGIN[0] + x, ORIGIN[1] + y];
    return [
      [w, s],
      [w + size, s],
      [w + size, s + size],
      [w, s + size],
      [w, s],
    ];
  });
const ring = fc.oneof(
  { weight: 5, arbitrary: box },
  { weight: 2, arbitrary: fc.array(position, { maxLength: 8 }) },
  { weight: 1, arbitrary: anything },
);
const rings = fc.oneof(
  { weight: 8, arbitrary: box.map((outer) => [outer]) },
  { weight: 3, arbitrary: fc.array(ring, { maxLength: 3 }) },
  { weight: 1, arbitrary: anything },
);
const polygon = fc.record({
  type: fc.constantFrom('Polygon', 'Polygon', 'Polygon', 'Polygon', 'MultiPolygon', 'Point'),
  coordinates: rings,
});
const multiPolygon = fc.record({ type: fc.constant('MultiPolygon'), coordinates: fc.array(rings, { maxLength: 3 }) });

/**
 * Requests to create an export that are valid, nearly valid, or far from it, on a site with layers 1 and 4, table 3, imagery 5 of the tiles `west`
 * and `east`, and grid 6.
 */
export function exportRequests(api: string): fc.Arbitrary<object> {
  const urls = [
    '/layers/1/',
    '/layers/4/',
    '/tables/3/',
    '/layers/6/versions/4/',
    '/layers/1',
    '/layers/1/versions/1/',
    '/layers/1/versions/2/',
    '/layers/3/',
    '/layers/99/',
  ];
  const bases = [api, api.replace('/v1', '/v1.x'), new URL(api).pathname, 'https://elsewhere.example.org/services/api/v1'];
  const url = fc
    .tuple(
      often(fc.constant(api), fc.constantFrom(...bases)),
      often(fc.constantFrom('/layers/1/', '/layers/4/', '/tables/3/', '/layers/5/', '/layers/6/'), fc.constantFrom(...urls)),
    )
    .map(([base, path]) => base + path);
  const cropFeature = fc
    .tuple(fc.constantFrom(...bases), fc.integer({ min: 0, max: 3 }))
    .map(([base, id]) => `${base}/exports/croplayers/1/cropfeatures/${id}/`);
  const item = fc.record(
    {
      item: mostly(url),
      color: mostly(often(fc.constantFrom<string | null>('#3399DD', '#003399', null), fc.constant('#39d'))),
      tile_id: mostly(fc.constant(null)),
    },
    { requiredKeys: ['item'] },
  );
  const tile = fc.record({
    item: url,
    tile_id: often(fc.constantFrom('west', 'east'), fc.constantFrom('', 'West', '../east', 'west/', 'a\0b', '%')),
  });
  const plain = url.map((address) => ({ item: address }));
  const mimetype = fc.constantFrom(
    'application/x-zipped-shp',
    'text/csv',
    'TEXT/CSV',
    'application/x-ogc-gpkg',
    'application/x-ogc-filegdb',
    'application/vnd.google-earth.kml+xml',
    'image/vnd.dxf',
    'image/jpeg',
  );
  const known = fc.record(
    {
      items: mostly(
        often(
          fc.uniqueArray(fc.oneof(plain, item, tile), { minLength: 1, maxLength: 3, selector: (one) => JSON.stringify(one) }),
          fc.array(fc.oneof<fc.Arbitrary<unknown>[]>(plain, item, anything), { maxLength: 4 }),
        ),
      ),
      formats: mostly(
        often<unknown>(
          fc.record({
            vector: mimetype,
            table: fc.constantFrom('text/csv', 'application/x-zipped-shp'),
            raster: fc.constantFrom('image/jpeg', 'image/png', 'image/tiff;subtype=geotiff', 'application/vnd.google-earth.kml+xml'),
            grid: fc.constantFrom('application/x-ogc-aaigrid', 'image/tiff;subtype=geotiff', 'image/jpeg'),
          }),
          fc.record({ vector: mostly(mimetype), table: mostly(mimetype), raster: mostly(mimetype) }, { requiredKeys: [] }),
        ),
      ),
      crs: mostly(
        often<unknown>(
          fc.constantFrom('EPSG:2193', 'EPSG:4326', 'EPSG:3857', 'epsg:4167'),
          fc.constantFrom('EPSG:5703', 'EPSG:0', 'EPSG:99999999999', '', null),
        ),
      ),
      extent: mostly(
        polygon,
        multiPolygon,
        cropFeature,
        polygon.map((one) => JSON.stringify(one)),
        fc.constant(null),
      ),
      name: mostly(texts, fc.constant(null)),
      options: mostly(
        fc.record(
          {
            page_size: mostly(fc.constantFrom('a4', 'a3', 'letter')),
            page_orientation: mostly(fc.constantFrom('landscape', 'portrait')),
            include_scale: mostly(fc.boolean()),
            include_legend: mostly(fc.boolean()),
            pdf_raster_dpi: mostly(often(fc.integer({ min: 72, max: 600 }), fc.integer({ min: 70, max: 602 }))),
            raster_resolution_multiplier: mostly(often(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 0, max: 17 }))),
          },
          { requiredKeys: [] },
        ),
        fc.constant(null),
      ),
      delivery: mostly(fc.constant({ method: 'download' }), fc.constant(null)),
      notify: mostly(fc.constantFrom({ url: 'https://hooks.example.invalid/a' }, { url: 'http://127.0.0.1:1/' }, null)),
    },
    { requiredKeys: ['items', 'formats', 'crs'] },
  );
  const strange = fc.tuple(known, fc.array(fc.tuple(texts, anything), { maxLength: 2 })).map(([request, more]) => {
    const entries: [string, unknown][] = [...Object.entries(request), ...more];
    return ownKeys(entries);
  });
  return fc.oneof({ weight: 5, arbitrary: known }, { weight: 1, arbitrary: strange });
}

/** JSON texts as no serializer writes them, and texts that are none. */
export function jsonTexts(api: string): fc.Arbitrary<string> {
  const request = exportRequests(api).map((one) => JSON.stringify(one));
  const cut = fc.tuple(request, fc.nat(200)).map(([text, length]) => text.slice(0, length));
  const damaged = fc.tuple(request, fc.nat(), texts).map(([text, at, what]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + what + text.slice(place + 1);
  });
  const twice = fc.tuple(request, anything).map(([text, value]) => `{"items":${JSON.stringify(value)},${text.slice(1)}`);
  const huge = fc
    .tuple(request, fc.constantFrom('1e999', '-1e999', '9'.repeat(400), '0.1e-999', `"${'\\u0000'.repeat(100)}"`, '"\\ud800"'))
    .map(([text, number]) => text.replace(/-?\d+(\.\d+)?/, number));
  const deep = fc
    .tuple(
      fc.constantFrom('extent', 'items', 'options', 'name', 'x', '__proto__'),
      fc.integer({ min: 1, max: 50_000 }),
      fc.constantFrom('[', '{"a":'),
    )
    .map(([key, depth, open]) => `{"${key}":${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}}`);
  const wide = fc.integer({ min: 1, max: 20_000 }).map((count) => `{${Array.from({ length: count }, (_, n) => `"k${n}":1`).join(',')}}`);
  return fc.oneof(cut, damaged, twice, huge, deep, wide, texts);
}

/** Bytes of a request, weird in its path, query, headers or all over. They name no user but the token's. */
export function hostileRequests(token: string, otherExport: number): fc.Arbitrary<Buffer> {
  const id = often(
    fc.constantFrom('1', '3', '4', String(otherExport)),
    fc.constantFrom('0', '-1', '99', '00001', '1e0', '0x1', '2147483648', '%31', '%00', '%ff', '%', '..', '1;2'),
  );
  const path = fc
    .tuple(
      often(
        fc.constantFrom('/services/api/v1', '/services/api/v1.x'),
        fc.constantFrom('/services/api/v1%2Ex', '//services/api/v1', '/services/api', '', '/docs', 'http://a/services/api/v1'),
      ),
      fc.constantFrom(
        '/exports/',
        '/exports/ID/',
        '/exports/ID/download/',
        '/exports/ID/discard/',
        '/exports/ID/events/',
        '/exports/ID',
        '/exports/croplayers/ID/cropfeatures/ID/',
        '/exports/validate/',
        '/layers/ID/',
        '/layers/ID/export/',
        '/layers/ID/versions/ID/',
        '/tables/ID/export/a.zip',
        '/data/',
        '/licenses/ID/',
        '/openapi.json',
        '/downloads/ID/ID?expires=ID&signature=ID&sha256=ID&modified=ID',
        '/ID',
      ),
      id,
    )
    .map(([base, rest, one]) => base + rest.replaceAll('ID', one));
  const escaped = fc.oneof(
    texts.map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom(
      '%',
      '%zz',
      '%00',
      '%ff',
      '%ed%a0%80',
      '+',
      '&',
      '=',
      '[]',
      '1',
      '2',
      '-1',
      '1e9',
      '9'.repeat(400),
      'id',
      '-id',
      'csv',
      'gpkg',
    ),
  );
  const parameter = fc.tuple(
    fc.constantFrom(
      'page',
      'page_size',
      'sort',
      'q',
      'state',
      'kind',
      'id',
      'created_at.after',
      'updated_at.after',
      'license.type',
      'data.geometry_type',
      'format',
      'crs',
      'bbox',
      'cropfeature',
      'color',
      'key',
      'extent',
      'items',
      'notify',
      '__proto__',
      'a[b]',
      '',
    ),
    escaped,
  );
  const query = fc.array(parameter, { maxLength: 4 }).map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));
  const value = fc.oneof(
    texts.map((text) => Buffer.from(text.replace(/[\r\n\0]/g, ''), 'utf8').toString('latin1')),
    fc.constantFrom(
      '',
      '*',
      '"a"',
      'W/"a"',
      '"',
      ',,,',
      'bytes=0-',
      'bytes=-1',
      'bytes=9-1',
      `bytes=${'9'.repeat(400)}-`,
      'Thu, 01 Jan 1970 00:00:00 GMT',
      'wait=0',
      'wait=',
      'wait=-1',
      'json',
      'application/json',
      'text/event-stream',
      '*/*;q=0',
      'a b',
      'a@b',
      'a/b',
      '[::1]',
      '[',
      ':80',
      'x'.repeat(5000),
    ),
  );
  const header = fc.tuple(
    fc.constantFrom(
      'Accept',
      'Range',
      'If-Range',
      'If-None-Match',
      'If-Modified-Since',
      'If-Match',
      'Prefer',
      'Idempotency-Key',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-For',
      'Origin',
      'Access-Control-Request-Method',
      'Content-Type',
      'Referer',
      'Cookie',
      'X',
    ),
    value,
  );
  const authorization = fc.oneof(
    { weight: 20, arbitrary: fc.constant(`key ${token}`) },
    { weight: 1, arbitrary: value },
    { weight: 1, arbitrary: fc.constant(`key ${token}\0`) },
  );
  const host = fc.oneof({ weight: 15, arbitrary: fc.constant('127.0.0.1') }, { weight: 1, arbitrary: value });
  const method = fc.constantFrom(
    'GET',
    'GET',
    'GET',
    'GET',
    'HEAD',
    'POST',
    'DELETE',
    'OPTIONS',
    'PUT',
    'PATCH',
    'TRACE',
    'PROPFIND',
    'get',
  );
  const body = fc.oneof(fc.constant(''), fc.constant('{}'), texts);
  return fc
    .tuple(method, path, query, host, authorization, fc.array(header, { maxLength: 4 }), body)
    .map(([name, at, asked, to, who, more, sent]) => {
      // Nobody waits for exports here: whatever a request makes is answered for at once.
      const target = `${at}${at.includes('?') ? '&' : '?'}${asked}${/\/export\b/.test(at) ? '&wait=0' : ''}`;
      const content = Buffer.from(sent);
      const lines = [
        `${name} ${target.replace(/[ \r\n]/g, '+')} HTTP/1.1`,
        `Host: ${to}`,
        `Authorization: ${who}`,
        ...more.map(([field, text]) => `${field}: ${text}`),
        `Content-Length: ${content.length}`,
        'Connection: close',
      ];
      return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
    });
}
