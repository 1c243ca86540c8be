import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { ExportRequest } from '../../../web/api/resources.ts';
import { cliSnippet, curlSnippet, pythonSnippet } from '../../../web/export/snippets.ts';

const api = 'https://data.example.org/services/api/v1';
const request: ExportRequest = {
  items: [{ item: `${api}/layers/3/` }, { item: `${api}/layers/9/`, tile_id: "D'2" }, { item: `${api}/tables/5/` }],
  formats: { vector: 'application/x-ogc-gpkg', table: 'text/csv', raster: 'image/tiff;subtype=geotiff' },
  crs: 'EPSG:2193',
  extent: {
    type: 'Polygon',
    coordinates: [
      [
        [166, -48],
        [179, -48],
        [179, -34],
        [166, -34],
        [166, -48],
      ],
    ],
  },
  options: { page_size: 'a3', include_legend: true },
  name: 'Jo\'s $(rm -rf) "towns"',
};

/** What a shell makes of a command: its words, with the program replaced by one that prints them, and then what it was given to read. */
function words(command: string, program: string): string[] {
  const script = `${program}() { printf '%s\\0' "$@"; cat; printf '\\0'; }\n${command}`;
  const output = execFileSync('sh', ['-c', script], { encoding: 'utf8', input: '', env: { ...process.env, GEOCRATE_TOKEN: 'secret' } });
  return output.split('\0').slice(0, -1);
}

test('the curl command sends just the request, whatever is in its texts', () => {
  const sent = words(curlSnippet(request, api).split('\n').slice(0, 3).join('\n'), 'curl');
  assert.deepEqual(JSON.parse(sent[sent.indexOf('-d') + 1] ?? ''), request);
  assert.equal(sent.at(-2), `${api}/exports/`);
  assert.equal(sent[sent.indexOf('-H') + 1], '@-', 'a header comes from what it reads');
  assert.equal(sent.at(-1), 'Authorization: key secret');
  assert.ok(
    sent.slice(0, -1).every((word) => !word.includes('secret')),
    'no list of processes shows the token',
  );
});

test('the command line asks for the same', () => {
  const sent = words(cliSnippet(request, 'https://data.example.org'), 'geocrate');
  const expected = 'export --layer 3 --layer 9 --table 5 --tile-id'.split(' ');
  assert.deepEqual(sent.slice(0, 8), expected);
  assert.deepEqual(sent.slice(8, 23), [
    "D'2",
    '--format',
    'gpkg',
    '--table-format',
    'csv',
    '--raster-format',
    'gtiff',
    '--crs',
    'EPSG:2193',
    '--bbox=166,-48,179,-34',
    '--option',
    'page_size=a3',
    '--option',
    'include_legend=true',
    '--name',
  ]);
  assert.equal(sent[23], request.name);
  // The token is read from the environment.
  assert.deepEqual(sent.slice(24), ['--server', 'https://data.example.org', '']);
});

test('the Python program is valid and holds just the request', () => {
  const program = pythonSnippet(request, api);
  const until = program.indexOf('def call');
  const printed = execFileSync('python3', ['-c', `${program.slice(0, until)}\nprint(json.dumps(REQUEST))`], {
    encoding: 'utf8',
    env: { ...process.env, GEOCRATE_TOKEN: 'secret' },
  });
  assert.deepEqual(JSON.parse(printed), request);
  execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: program });
});
