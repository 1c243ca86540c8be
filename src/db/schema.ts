import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { Kind } from '../store/versionprofile.ts';

/** Written as JSON text, read as the value. */
type Json<T> = ColumnType<T, string, string>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type GeneratedTimestamp = ColumnType<Date, Date | string | undefined, Date | string>;
type OptionalTimestamp = ColumnType<Date | null, Date | string | null, Date | string | null>;

/** The tables, as migrations.ts makes them. */
export interface Schema {
  users: {
    id: GeneratedAlways<number>;
    name: string;
    /** Of all states; exports are never deleted. */
    export_count: Generated<number>;
    created_at: GeneratedTimestamp;
    /** Since when none of the user's tokens works; null: they do. */
    disabled_at: OptionalTimestamp;
  };
  tokens: {
    id: GeneratedAlways<number>;
    user_id: number;
    /** SHA-256 of the token, hex. The token itself is kept nowhere. */
    token_hash: string;
    scopes: string[];
    created_at: GeneratedTimestamp;
    /** To the minute. */
    last_used_at: OptionalTimestamp;
  };
  /** Browsers that are signed in, each with the user and the scopes of its token. */
  sessions: {
    id: GeneratedAlways<number>;
    token_id: number;
    /** SHA-256 of what the cookie holds, hex. */
    key_hash: string;
    created_at: GeneratedTimestamp;
    expires_at: Timestamp;
  };
  settings: { name: string; value: string };
  licenses: {
    id: GeneratedAlways<number>;
    spdx_id: string | null;
    type: string;
    version: string;
    title: string;
    url: string | null;
    text: string;
  };
  datasets: {
    id: number;
    kind: Kind;
    slug: string;
    title: string;
    description: string;
    tags: string[];
    /** Title, description and tags in lower case, to be searched. */
    search: string;
    license_id: number | null;
    /** [west, south, east, north] of the newest version in degrees, east past 180 where it crosses the antimeridian; null where it is nowhere. */
    extent: number[] | null;
    /** The newest version. */
    version_id: number | null;
    created_at: GeneratedTimestamp;
    first_published_at: Timestamp;
    published_at: Timestamp;
  };
  versions: {
    id: GeneratedAlways<number>;
    dataset_id: number;
    /** The name of its folder in the store: a SHA-256 of what is in it. */
    content: string;
    profile: Json<unknown>;
    /** Of all its features, as the API names it; null for tables. */
    geometry_type: string | null;
    /** The layer's own metadata document, if it has one. */
    metadata_xml: string | null;
    published_at: Timestamp;
  };
  crop_layers: { id: GeneratedAlways<number>; dataset_id: number; version_id: number; name: string; extent: Json<unknown> };
  crop_features: {
    id: GeneratedAlways<number>;
    crop_layer_id: number;
    /** Stays the same for the same feature from one version to the next. */
    key: string;
    name: string;
    /** MultiPolygon coordinates, EPSG:4326. */
    geometry: Json<unknown>;
    /** False once a newer version of the layer has no such feature. */
    current: boolean;
  };
  exports: {
    id: GeneratedAlways<number>;
    user_id: number;
    name: string;
    created_at: GeneratedTimestamp;
    created_via: 'web' | 'api';
    state: 'processing' | 'cancelled' | 'error' | 'complete' | 'gone';
    /** What was asked for, checked: see exports/requested.ts. */
    request: Json<unknown>;
    /** SHA-256 of all that decides what is in the archive: two exports with the same one hold the same. */
    request_hash: string;
    /** When the newest of its versions was published. */
    data_modified_at: Timestamp;
    /** The crop polygon (MultiPolygon coordinates, EPSG:4326), as it was when the export was accepted. */
    crop: Json<unknown> | null;
    /** Who is told of the final state: see exports/notify.ts. */
    notify: Json<unknown> | null;
    notify_attempts: Generated<number>;
    /** When the next attempt to tell is due; null: there is nothing to tell, or no more. */
    notify_at: OptionalTimestamp;
    size_estimate: number;
    /** What making it usually takes; null in exports from before it was kept. */
    seconds_estimate: number | null;
    job_id: string;
    attempts: Generated<number>;
    /** Which attempt has it: only that one may change it. Null before the first. */
    claim: string | null;
    /** The process that has it, or had it last: the machine's name and the process's number. */
    worker: string | null;
    /** When it would be done if all exports went on at once: those whose turn comes first go first. See exports/turn.ts. */
    turn: OptionalTimestamp;
    progress: Generated<number>;
    stages: Json<unknown>;
    warnings: Json<unknown>;
    error: Json<unknown> | null;
    started_at: OptionalTimestamp;
    finished_at: OptionalTimestamp;
    expires_at: OptionalTimestamp;
    /** Several exports of the same content may have one archive. */
    archive_key: string | null;
    /** What decides every byte of the archive: see exports/artifact.ts. Null where it is not made yet. */
    content_hash: string | null;
    size_zipped: number | null;
    sha256: string | null;
  };
  /** Who exported and downloaded what, under which licence: see exports/audit.ts. */
  audit: {
    id: GeneratedAlways<number>;
    at: GeneratedTimestamp;
    event: 'export' | 'download';
    /** Null: not known. */
    user_id: number | null;
    via: 'api' | 'web' | 'link' | 'address' | 'admin';
    export_id: number;
    datasets: Json<unknown>;
    bytes: number | null;
    /** Of a download: SHA-256 of the address that was given out, hex. */
    address: string | null;
    fetched_at: OptionalTimestamp;
  };
  idempotency_keys: {
    user_id: number;
    /** SHA-256 of the key and of the body that came with it, hex. */
    key_hash: string;
    body_hash: string;
    export_id: number;
    created_at: GeneratedTimestamp;
  };
}
