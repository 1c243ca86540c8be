import type { ExportRequest, Kind } from '../api/resources.ts';
import { shortName } from './formats.ts';
import type { AreaGeometry } from './geometry.ts';
import { boxOf } from './geometry.ts';

/** A shell word: quoted only where the shell would read something into it. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Gives `curl -H @-` the token: among its arguments, whoever lists the machine's processes would see it. */
export const WITH_TOKEN = 'printf \'Authorization: key %s\' "$GEOCRATE_TOKEN" |';

/** The request as `curl` commands: made, waited for, downloaded. */
export function curlSnippet(body: ExportRequest, api: string): string {
  return [
    `${WITH_TOKEN} curl -s -H @- -H 'Content-Type: application/json' -H 'Prefer: wait=60' \\`,
    `  -d ${word(JSON.stringify(body))} \\`,
    `  -o export.json ${api}/exports/`,
    '# "state" in export.json says when it is complete; then:',
    'DOWNLOAD=$(sed -n \'s/.*"download_url":"\\([^"]*\\)".*/\\1/p\' export.json)',
    `${WITH_TOKEN} curl -fLOJ -H @- "$DOWNLOAD"`,
  ].join('\n');
}

/** The request as a Python program that needs nothing but Python. */
export function pythonSnippet(body: ExportRequest, api: string): string {
  return `import json, os, time, urllib.request

HEADERS = {"Authorization": "key " + os.environ["GEOCRATE_TOKEN"], "Content-Type": "application/json"}
REQUEST = json.loads(r"""${JSON.stringify(body, null, 2).replaceAll('"""', '\\u0022\\u0022\\u0022')}""")


def call(url, data=None):
    with urllib.request.urlopen(urllib.request.Request(url, data, HEADERS)) as answer:
        return json.load(answer)


export = call("${api}/exports/", json.dumps(REQUEST).encode())
while export["state"] == "processing":
    time.sleep(2)
    export = call(export["url"])
if export["state"] != "complete":
    raise SystemExit(export["error"]["message"] if export["error"] else export["state"])
download = urllib.request.Request(export["download_url"], headers=HEADERS)
with urllib.request.urlopen(download) as answer, open(export["name"] + ".zip", "wb") as file:
    while chunk := answer.read(1 << 20):
        file.write(chunk)
`;
}

const FORMAT_FLAGS: Readonly<Record<Kind, string>> = {
  vector: '--format',
  table: '--table-format',
  raster: '--raster-format',
  grid: '--grid-format',
  rat: '--rat-format',
};

/** The request as `geocrate export`. A shape that is no box comes as a file, which the command before it writes. */
export function cliSnippet(body: ExportRequest, origin: string): string {
  const lines: string[] = [];
  const flags = [...new Set(body.items.map(({ item }) => item))].flatMap((item) => {
    const [, type, id] = /\/(layer|table)s\/(\d+)\//.exec(item) ?? [];
    return id === undefined ? [] : [`--${type} ${id}`];
  });
  for (const { tile_id: tile } of body.items) if (tile) flags.push(`--tile-id ${word(tile)}`);
  const formats = Object.entries(body.formats).flatMap(([kind, mimetype]) =>
    isKind(kind) && typeof mimetype === 'string' ? [{ kind, name: shortName(mimetype, kind) }] : [],
  );
  // The first names the format of all; the others are said where they differ.
  const [first] = formats;
  if (first) flags.push(`--format ${word(first.name)}`);
  for (const { kind, name } of formats)
    if (first && name !== first.name && kind !== 'vector') flags.push(`${FORMAT_FLAGS[kind]} ${word(name)}`);
  if (body.crs) flags.push(`--crs ${word(body.crs)}`);
  const { extent, options, name } = body;
  if (typeof extent === 'string') flags.push(`--cropfeature ${word(extent)}`);
  else if (extent) {
    const box = boxOf(extent as AreaGeometry);
    if (box) flags.push(`--bbox=${box.join(',')}`);
    else {
      lines.push(`echo ${word(JSON.stringify(extent))} > area.geojson`);
      flags.push('--extent area.geojson');
    }
  }
  for (const [option, value] of Object.entries(options ?? {})) flags.push(`--option ${word(`${option}=${value}`)}`);
  const color = body.items.find((item) => item.color)?.color;
  if (color) flags.push(`--color ${word(color)}`);
  if (name) flags.push(`--name ${word(name)}`);
  // It finds the token in GEOCRATE_TOKEN itself.
  flags.push(`--server ${origin}`);
  return [...lines, `geocrate export ${flags.join(' \\\n  ')}`].join('\n');
}

function isKind(text: string): text is Kind {
  return text in FORMAT_FLAGS;
}
