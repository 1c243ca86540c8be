import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LOG_LEVELS, type LogLevel } from './monitor/log.ts';

/** Everything the environment decides, read and checked once. */
export interface Config {
  host: string;
  port: number;
  /** Absolute; holds the embedded database, the store, the archives and temporary files. */
  dataDir: string;
  /** Where clients reach this site, without a slash at its end; null: whatever host a request names. */
  publicUrl: string | null;
  siteName: string;
  /** Put before the names of exports; '' for none. */
  namePrefix: string;
  /** Publish the demo data at the first start. */
  demo: boolean;
  /** How many exports run at once in this process; 0: none, others make them. */
  workers: number;
  /** How long an archive is kept, in milliseconds. */
  exportTtl: number;
  /** How long it is kept who exported and downloaded what, in milliseconds. */
  auditTtl: number;
  /** Whether an export of the same content as another one takes its archive. */
  reuseArchives: boolean;
  /** How long requests may go on once the server is asked to stop, in milliseconds. */
  stopTimeout: number;
  /** Where to answer `/healthz`, `/readyz` and `/metrics` besides; null: nowhere. */
  monitor: { host: string; port: number } | null;
  /** Whether traces are sent, and which; null: none. Where to, the OpenTelemetry SDK reads itself. */
  tracing: TracingConfig | null;
  /** What is written down: what is as grave as this, or graver. */
  logLevel: LogLevel;
  limits: Limits;
  capacity: Capacity;
  /** Whether webhooks may go to this machine and to private networks. */
  privateWebhooks: boolean;
  /** A PostgreSQL server; null: the embedded database in `dataDir`. */
  databaseUrl: string | null;
  storage: StorageConfig;
  /** How many bytes of versions that lie in a bucket are kept on this machine; null: as many as its disk has room for. */
  storeCacheBytes: number | null;
}

/** Where archives are kept: in a folder, absolute, or in a bucket, which then has the published versions too. */
export type StorageConfig = { kind: 'file'; dir: string } | BucketConfig;

export interface BucketConfig {
  kind: 's3';
  bucket: string;
  /** Before all keys: '' or with a slash at its end. */
  prefix: string;
  /** Of a store that is not Amazon's; null: Amazon's. */
  endpoint: string | null;
  /** Null: the AWS SDK finds one in its own files. */
  region: string | null;
  /** Where clients reach the endpoint, if they do by another address than this machine. */
  publicUrl: string | null;
  /** How often a request is sent before it counts as failed. */
  attempts: number;
}

/** By the names of the OpenTelemetry specification. */
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export interface TracingConfig {
  sampler: (typeof SAMPLERS)[number];
  /** The share of traces that is sent, where the sampler goes by it; 0..1. */
  ratio: number;
}

/** What a request may ask for. `OPTIONS`, `validate` and the API's description tell these same numbers. */
export interface Limits {
  /** The largest archive, by its estimate, that is accepted; null: no limit. */
  exportBytes: number | null;
  /** How many exports of one user may be `processing`; null: no limit. */
  activePerUser: number | null;
  /** How many exports of all users may be `processing`; past it the site takes no more for a while. */
  active: number;
  /** Items in one export. */
  items: number;
  /** Vertices over all rings of an extent, the repeated last one of each not counted. */
  vertices: number;
  /** Bytes of a request's body. */
  bodyBytes: number;
  /** Bytes of a file that is uploaded to be published. */
  uploadBytes: number;
  /** Requests a minute and token; null: no limit. */
  requestsPerMinute: number | null;
}

/** How much of what lasts this process takes on at once; past it, requests are answered 503. */
interface Capacity {
  connections: number;
  /** Streams of events. */
  streams: number;
  /** Archives that are being sent. */
  downloads: number;
}

/** An environment variable that cannot be used as it is. */
export class ConfigError extends Error {}

/**
 * Reads the environment.
 * @throws {ConfigError} naming the variable that is wrong.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const text = (name: string) => {
    const value = env[name]?.trim();
    return value === '' ? undefined : value;
  };
  const dataDir = resolve(text('GEOCRATE_DATA_DIR') ?? fileURLToPath(new URL('../data', import.meta.url)));
  const siteName = text('GEOCRATE_SITE_NAME') ?? 'Geocrate';
  return {
    host: text('GEOCRATE_HOST') ?? '127.0.0.1',
    port: wholeNumber('GEOCRATE_PORT', text('GEOCRATE_PORT') ?? '8080', 0, 65_535),
    dataDir: shortEnough(dataDir),
    publicUrl: optional(text('GEOCRATE_PUBLIC_URL'), (value) => httpUrl('GEOCRATE_PUBLIC_URL', value)),
    siteName,
    namePrefix: namePrefix(text('GEOCRATE_NAME_PREFIX') ?? ''),
    demo: flag('GEOCRATE_DEMO', text('GEOCRATE_DEMO') ?? '1'),
    workers: wholeNumber('GEOCRATE_WORKERS', text('GEOCRATE_WORKERS') ?? String(availableParallelism()), 0, 256),
    exportTtl: duration('GEOCRATE_EXPORT_TTL', text('GEOCRATE_EXPORT_TTL') ?? '7d'),
    auditTtl: duration('GEOCRATE_AUDIT_TTL', text('GEOCRATE_AUDIT_TTL') ?? '400d'),
    reuseArchives: flag('GEOCRATE_CACHE', text('GEOCRATE_CACHE') ?? '1'),
    stopTimeout: duration('GEOCRATE_STOP_TIMEOUT', text('GEOCRATE_STOP_TIMEOUT') ?? '20s'),
    monitor: optional(text('GEOCRATE_MONITOR'), monitor),
    tracing: tracing(text),
    logLevel: logLevel(text('GEOCRATE_LOG') ?? 'warn'),
    limits: {
      exportBytes: optional(text('GEOCRATE_MAX_EXPORT_BYTES'), (value) => bytes('GEOCRATE_MAX_EXPORT_BYTES', value)),
      activePerUser: optional(text('GEOCRATE_MAX_ACTIVE_PER_USER'), (value) =>
        wholeNumber('GEOCRATE_MAX_ACTIVE_PER_USER', value, 1, 1_000_000),
      ),
      active: wholeNumber('GEOCRATE_MAX_ACTIVE', text('GEOCRATE_MAX_ACTIVE') ?? '10000', 1, 10_000_000),
      items: wholeNumber('GEOCRATE_MAX_ITEMS', text('GEOCRATE_MAX_ITEMS') ?? '100', 1, 10_000),
      vertices: wholeNumber('GEOCRATE_MAX_VERTICES', text('GEOCRATE_MAX_VERTICES') ?? '1000', 3, 1_000_000),
      bodyBytes: bytes('GEOCRATE_MAX_BODY_BYTES', text('GEOCRATE_MAX_BODY_BYTES') ?? '1M'),
      uploadBytes: bytes('GEOCRATE_MAX_UPLOAD_BYTES', text('GEOCRATE_MAX_UPLOAD_BYTES') ?? '2G'),
      requestsPerMinute: wholeNumber('GEOCRATE_RATE_LIMIT', text('GEOCRATE_RATE_LIMIT') ?? '0', 0, 1_000_000) || null,
    },
    capacity: {
      connections: wholeNumber('GEOCRATE_MAX_CONNECTIONS', text('GEOCRATE_MAX_CONNECTIONS') ?? '20000', 1, 1_000_000),
      streams: wholeNumber('GEOCRATE_MAX_STREAMS', text('GEOCRATE_MAX_STREAMS') ?? '10000', 1, 1_000_000),
      downloads: wholeNumber('GEOCRATE_MAX_DOWNLOADS', text('GEOCRATE_MAX_DOWNLOADS') ?? '2000', 1, 1_000_000),
    },
    privateWebhooks: flag('GEOCRATE_PRIVATE_WEBHOOKS', text('GEOCRATE_PRIVATE_WEBHOOKS') ?? '0'),
    databaseUrl: optional(text('DATABASE_URL'), databaseUrl),
    storage: storage(text('GEOCRATE_STORAGE') ?? pathToFileURL(join(dataDir, 'archives')).href, text),
    storeCacheBytes: optional(text('GEOCRATE_STORE_CACHE'), (value) => bytes('GEOCRATE_STORE_CACHE', value)),
  };
}

/** The token for a site elsewhere: on a command line everybody on the machine could read it. */
export function clientToken(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  return env.GEOCRATE_TOKEN?.trim() || undefined;
}

/** The system's limit for a socket's path (macOS: 104 bytes with the closing zero), of which `/db.sock` takes some. */
const LONGEST_DATA_DIR = 95;

function shortEnough(dataDir: string): string {
  if (Buffer.byteLength(dataDir) <= LONGEST_DATA_DIR) return dataDir;
  throw new ConfigError(
    `GEOCRATE_DATA_DIR must be a path of at most ${LONGEST_DATA_DIR} bytes, since a socket lies in it, not ${dataDir}.`,
  );
}

function optional<T>(value: string | undefined, read: (value: string) => T): T | null {
  return value === undefined ? null : read(value);
}

function wholeNumber(name: string, value: string, from: number, to: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < from || number > to) {
    throw new ConfigError(`${name} must be a whole number from ${from} to ${to}, not "${value}".`);
  }
  return number;
}

function flag(name: string, value: string): boolean {
  if (value !== '0' && value !== '1') throw new ConfigError(`${name} must be 0 or 1, not "${value}".`);
  return value === '1';
}

function logLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === value);
  if (!level) throw new ConfigError(`GEOCRATE_LOG must be one of ${LOG_LEVELS.join(', ')}, not "${value}".`);
  return level;
}

/** `9090`, `0.0.0.0:9090` or `[::1]:9090`. */
function monitor(value: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(?:([\w.-]+|\[[\da-f:]+\]):)?(\d+)$/i.exec(value) ?? [];
  if (port === '') throw new ConfigError(`GEOCRATE_MONITOR must be a port or an address with one, such as 0.0.0.0:9090, not "${value}".`);
  return { host: host.replace(/^\[|\]$/g, '') || '127.0.0.1', port: wholeNumber('GEOCRATE_MONITOR', port, 0, 65_535) };
}

/** Traces are sent where an endpoint is told, by the variables of the OpenTelemetry specification. */
function tracing(text: (name: string) => string | undefined): TracingConfig | null {
  const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const isOff = text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || text('OTEL_TRACES_EXPORTER') === 'none';
  if (isOff || !endpoints.some(text)) return null;
  for (const name of endpoints) optional(text(name), (value) => httpUrl(name, value));
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const value = text(name) ?? 'http/protobuf';
    if (value !== 'http/protobuf') throw new ConfigError(`${name} must be http/protobuf, not "${value}".`);
  }
  const name = text('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const sampler = SAMPLERS.find((one) => one === name);
  if (!sampler) throw new ConfigError(`OTEL_TRACES_SAMPLER must be one of ${SAMPLERS.join(', ')}, not "${name}".`);
  const ratio = Number(text('OTEL_TRACES_SAMPLER_ARG') ?? '1');
  if (!(ratio >= 0 && ratio <= 1)) throw new ConfigError('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.');
  return { sampler, ratio };
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function duration(name: string, value: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(value);
  const [, count, unit] = match ?? [];
  if (!count || !(unit === 's' || unit === 'm' || unit === 'h' || unit === 'd')) {
    throw new ConfigError(`${name} must be a time such as 90s, 30m, 12h or 7d, not "${value}".`);
  }
  return Math.round(Number(count) * UNITS[unit]);
}

function bytes(name: string, value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?$/i.exec(value);
  if (!match) throw new ConfigError(`${name} must be a size such as 500000000, 500M or 2G, not "${value}".`);
  const power = ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase());
  return Math.round(Number(match[1]) * 1024 ** power);
}

function httpUrl(name: string, value: string): string {
  const url = URL.parse(value);
  // What is wrong is not repeated: it stands in logs then.
  if (url?.username || url?.password) throw new ConfigError(`${name} must have no user or password in it.`);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new ConfigError(`${name} must be an address such as https://data.example.org, not "${value}".`);
  }
  return url.href.replace(/\/+$/, '');
}

function namePrefix(value: string): string {
  if (!/^[a-z0-9-]{0,40}$/.test(value)) {
    throw new ConfigError(`GEOCRATE_NAME_PREFIX may hold lower-case letters, digits and hyphens (at most 40), not "${value}".`);
  }
  return value;
}

function databaseUrl(value: string): string {
  if (!/^postgres(ql)?:\/\//.test(value)) throw new ConfigError('DATABASE_URL must begin with postgresql://.');
  return value;
}

const STORAGE_FORMS = 'file:/path/to/a/folder or s3://bucket/prefix';

function storage(value: string, text: (name: string) => string | undefined): StorageConfig {
  if (value.startsWith('s3:')) return bucket(value, text);
  if (value.startsWith('file:')) {
    // `file:/path`, `file:///path` and the relative `file:path` are all in use.
    const path = value.startsWith('file://') ? fileURLToPath(new URL(value)) : value.slice('file:'.length);
    if (path !== '') return { kind: 'file', dir: resolve(path) };
  }
  throw new ConfigError(`GEOCRATE_STORAGE must be ${STORAGE_FORMS}, not "${value}".`);
}

/** The AWS SDK reads its own variables itself; those that change what Geocrate does are looked at here. */
function bucket(value: string, text: (name: string) => string | undefined): BucketConfig {
  const [, name = '', path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[\w.!*'()-]+)*)\/?$/.exec(value) ?? [];
  if (name === '' || /\/\.{1,2}(\/|$)/.test(path)) {
    throw new ConfigError(
      `GEOCRATE_STORAGE must be ${STORAGE_FORMS} with a bucket of lower-case letters, digits, dots and hyphens, not "${value.replace(/\/\/[^/]*@/, '//…@')}".`,
    );
  }
  const endpointName = text('AWS_ENDPOINT_URL_S3') === undefined ? 'AWS_ENDPOINT_URL' : 'AWS_ENDPOINT_URL_S3';
  const endpoint = optional(text(endpointName), (url) => httpUrl(endpointName, url));
  return {
    kind: 's3',
    bucket: name,
    prefix: path === '' ? '' : `${path.slice(1)}/`,
    endpoint,
    // A store of one's own has no regions, and signatures need one all the same.
    region: text('AWS_REGION') ?? text('AWS_DEFAULT_REGION') ?? (endpoint === null ? null : 'us-east-1'),
    publicUrl: optional(text('GEOCRATE_STORAGE_PUBLIC_URL'), (url) => httpUrl('GEOCRATE_STORAGE_PUBLIC_URL', url)),
    attempts: wholeNumber('AWS_MAX_ATTEMPTS', text('AWS_MAX_ATTEMPTS') ?? '6', 1, 100),
  };
}
