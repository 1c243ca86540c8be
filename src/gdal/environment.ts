import { randomBytes } from 'node:crypto';
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import type { Confinement } from './confinement.ts';

type Environment = Record<string, string | undefined>;

/** What a confined process of GDAL has of this one's environment: where programs, libraries and data of GDAL and PROJ lie. No secret is among it. */
const KEPT = [
  ...['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'TMPDIR', 'TZ'],
  ...['GDAL_DATA', 'GDAL_DRIVER_PATH', 'PROJ_DATA', 'PROJ_LIB', 'PROJ_NETWORK', 'PROJ_NETWORK_ENDPOINT', 'PROJ_CURL_CA_BUNDLE'],
];

/** What the operator's own command keeps from GDAL: the rest may be what opens a source (`PGPASSWORD`, `AWS_…`, `GDAL_HTTP_…`). */
const SECRET = /^(?:DATABASE_URL$|GEOCRATE_)/;

/** What bin/geocrate asks of the allocator suits threads that share a heap; GDAL's processes take half as long again with it. */
const ALLOCATOR = /^MALLOC_(?:ARENA_MAX|MMAP_THRESHOLD_)$/;

/** Nothing listens there (port 9, RFC 863, is closed everywhere), so whatever libcurl is asked for fails at once. */
const NO_PROXY_THERE = 'http://127.0.0.1:9';

/**
 * A feature of GeoJSON may be as large as its process may be: GDAL's own limit is a coast of some million positions. A deprecated CRS is what it is: GDAL
 * would take the one that replaced it, which may lie tens of metres beside it, and say so where a definition is expected.
 */
const EVERY: Environment = {
  CPL_MAX_ERROR_REPORTS: '2147483647',
  LC_ALL: 'C.UTF-8',
  OGR_GEOJSON_MAX_OBJ_SIZE: '0',
  OSR_USE_NON_DEPRECATED: 'NO',
};

/** The environment of a process of GDAL. @param confined undefined for the operator's own command, whose sources may be anywhere. */
export function gdalEnvironment(env: Environment, confined: Confinement | undefined): Environment {
  if (!confined) {
    const own = Object.entries(env).filter(([name]) => !SECRET.test(name) && !ALLOCATOR.test(name));
    return { ...Object.fromEntries(own), ...EVERY };
  }
  return {
    ...Object.fromEntries(KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    PROJ_USER_WRITABLE_DIRECTORY: projFolder(env),
    GDAL_SKIP: confined.closedDrivers,
    ...CLOSED,
    // No name ends so that anybody could choose.
    CPL_VSIL_CURL_ALLOWED_EXTENSIONS: randomBytes(16).toString('hex'),
    ...(isNetworkWanted(env) ? {} : PROXIES),
    ...EVERY,
  };
}

const CLOSED: Environment = {
  GDAL_VRT_ENABLE_PYTHON: 'NO',
  GML_DOWNLOAD_SCHEMA: 'NO',
  GML_SKIP_RESOLVE_ELEMS: 'ALL',
  OGR_SQLITE_LIST_VIRTUAL_OGR: 'NO',
  OGR_SQLITE_ALLOW_EXTERNAL_ACCESS: 'NO',
  GDAL_CONFIG_FILE: '/dev/null',
};

const PROXIES: Environment = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'all_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'GDAL_HTTP_PROXY', 'GDAL_HTTPS_PROXY'].map((name) => [
    name,
    NO_PROXY_THERE,
  ]),
);

function isNetworkWanted(env: Environment): boolean {
  return /^(ON|YES|TRUE)$/i.test(env.PROJ_NETWORK ?? '');
}

/** The user's own folder of grids (https://proj.org/resource_files.html), which PROJ finds by HOME; that is kept from it. */
export function projFolder({ PROJ_USER_WRITABLE_DIRECTORY, XDG_DATA_HOME }: Environment): string {
  const library = platform() === 'darwin' ? join(homedir(), 'Library', 'Application Support') : join(homedir(), '.local', 'share');
  return PROJ_USER_WRITABLE_DIRECTORY || join(XDG_DATA_HOME || library, 'proj');
}
