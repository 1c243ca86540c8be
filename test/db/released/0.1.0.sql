
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA pgboss;

CREATE TYPE pgboss.job_state AS ENUM (
    'created',
    'retry',
    'active',
    'completed',
    'cancelled',
    'failed'
);

CREATE FUNCTION pgboss.create_queue(queue_name text, options jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $_$
    DECLARE
      tablename varchar := CASE WHEN options->>'partition' = 'true'
                            THEN 'j' || encode(sha224(queue_name::bytea), 'hex')
                            ELSE 'job_common'
                            END;
      queue_created_on timestamptz;
    BEGIN

      WITH q as (
        INSERT INTO pgboss.queue (
          name,
          policy,
          retry_limit,
          retry_delay,
          retry_backoff,
          retry_delay_max,
          expire_seconds,
          retention_seconds,
          deletion_seconds,
          warning_queued,
          dead_letter,
          partition,
          table_name,
          heartbeat_seconds,
          notify,
          created_on,
          updated_on
        )
        VALUES (
          queue_name,
          options->>'policy',
          COALESCE((options->>'retryLimit')::int, 2),
          COALESCE((options->>'retryDelay')::int, 0),
          COALESCE((options->>'retryBackoff')::bool, false),
          (options->>'retryDelayMax')::int,
          COALESCE((options->>'expireInSeconds')::int, 900),
          COALESCE((options->>'retentionSeconds')::int, 1209600),
          COALESCE((options->>'deleteAfterSeconds')::int, 604800),
          COALESCE((options->>'warningQueueSize')::int, 0),
          options->>'deadLetter',
          COALESCE((options->>'partition')::bool, false),
          tablename,
          (options->>'heartbeatSeconds')::int,
          COALESCE((options->>'notify')::bool, false),
          pgboss.job_now(),
          pgboss.job_now()
        )
        ON CONFLICT DO NOTHING
        RETURNING created_on
      )
      SELECT created_on into queue_created_on from q;

      IF queue_created_on IS NULL OR options->>'partition' IS DISTINCT FROM 'true' THEN
        RETURN;
      END IF;

      EXECUTE format('CREATE TABLE pgboss.%I (LIKE pgboss.job INCLUDING DEFAULTS)', tablename);

      EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD PRIMARY KEY (name, id)$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD CONSTRAINT q_fkey FOREIGN KEY (name) REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD CONSTRAINT dlq_fkey FOREIGN KEY (dead_letter) REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED$cmd$, tablename);

      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i11 ON pgboss.job (name, priority DESC, created_on, start_after) WHERE state < 'active' AND NOT blocked$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i4 ON pgboss.job (name, singleton_on, COALESCE(singleton_key, '')) WHERE state <> 'cancelled' AND singleton_on IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i7 ON pgboss.job (name, group_id) WHERE state = 'active' AND group_id IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i9 ON pgboss.job (name, id) WHERE blocking AND state = 'completed'$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i12 ON pgboss.job (source_root_id) WHERE source_root_id IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i13 ON pgboss.job (name, singleton_key) WHERE state = 'created' AND upsert_by_key$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i14 ON pgboss.job (name, state, blocked, start_after) WHERE state IN ('created', 'retry', 'active', 'failed')$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i15 ON pgboss.job (name, created_on)$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i16 ON pgboss.job (name, completed_on) WHERE completed_on IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i17 ON pgboss.job (name, singleton_key, created_on) WHERE state < 'active' AND singleton_key IS NOT NULL$cmd$, tablename);

      IF options->>'policy' = 'short' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i1 ON pgboss.job (name, COALESCE(singleton_key, '')) WHERE state = 'created' AND policy = 'short'$cmd$, tablename);
      ELSIF options->>'policy' = 'singleton' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i2 ON pgboss.job (name, COALESCE(singleton_key, '')) WHERE state = 'active' AND policy = 'singleton'$cmd$, tablename);
      ELSIF options->>'policy' = 'stately' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i3 ON pgboss.job (name, state, COALESCE(singleton_key, '')) WHERE state <= 'active' AND policy = 'stately'$cmd$, tablename);
      ELSIF options->>'policy' = 'exclusive' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i6 ON pgboss.job (name, COALESCE(singleton_key, '')) WHERE state <= 'active' AND policy = 'exclusive'$cmd$, tablename);
      ELSIF options->>'policy' = 'key_strict_fifo' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i8 ON pgboss.job (name, singleton_key) WHERE state IN ('active', 'retry', 'failed') AND policy = 'key_strict_fifo'$cmd$, tablename);
        EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i10 ON pgboss.job (name, singleton_key, state DESC, created_on, id) INCLUDE (start_after) WHERE state < 'active' AND NOT blocked AND policy = 'key_strict_fifo'$cmd$, tablename);
        EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD CONSTRAINT job_key_strict_fifo_singleton_key_check CHECK (NOT (policy = 'key_strict_fifo' AND singleton_key IS NULL))$cmd$, tablename);
      END IF;

      EXECUTE format('ALTER TABLE pgboss.%I ADD CONSTRAINT cjc CHECK (name=%L)', tablename, queue_name);
      EXECUTE format('ALTER TABLE pgboss.job ATTACH PARTITION pgboss.%I FOR VALUES IN (%L)', tablename, queue_name);
    END;
    $_$;

CREATE FUNCTION pgboss.delete_queue(queue_name text) RETURNS void
    LANGUAGE plpgsql
    AS $$
    DECLARE
      v_table varchar;
      v_partition bool;
    BEGIN
      
      SELECT table_name, partition
      FROM pgboss.queue
      WHERE name = queue_name
      INTO v_table, v_partition;

      IF v_partition THEN
        EXECUTE format('DROP TABLE IF EXISTS pgboss.%I', v_table);
      ELSE
        EXECUTE format('DELETE FROM pgboss.%I WHERE name = %L', v_table, queue_name);
      END IF;
    
      DELETE FROM pgboss.queue WHERE name = queue_name;
    END;
    $$;

CREATE FUNCTION pgboss.job_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
      SELECT pg_catalog.now();
    $$;

CREATE FUNCTION pgboss.job_table_format(command text, table_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $_$
      SELECT format(
        regexp_replace(
          regexp_replace(command, '\.job\y', '.%1$I', 'g'),
          '\yjob_i(\d+)', '%1$s_i\1', 'g'
        ),
        table_name
      );
    $_$;

CREATE FUNCTION pgboss.job_table_run(command text, tbl_name text DEFAULT NULL::text, queue_name text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $$
    DECLARE
      tbl RECORD;
    BEGIN
      IF queue_name IS NOT NULL THEN
        SELECT table_name INTO tbl_name FROM pgboss.queue WHERE name = queue_name;
      END IF;

      IF tbl_name IS NOT NULL THEN
        EXECUTE pgboss.job_table_format(command, tbl_name);
        RETURN;
      END IF;

      EXECUTE pgboss.job_table_format(command, 'job_common');

      FOR tbl IN SELECT table_name FROM pgboss.queue WHERE partition = true
      LOOP
        EXECUTE pgboss.job_table_format(command, tbl.table_name);
      END LOOP;
    END;
    $$;

CREATE FUNCTION pgboss.job_table_run_async(command_name text, version integer, command text, tbl_name text DEFAULT NULL::text, queue_name text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $$
    BEGIN
      IF queue_name IS NOT NULL THEN
        SELECT table_name INTO tbl_name FROM pgboss.queue WHERE name = queue_name;
      END IF;

      IF tbl_name IS NOT NULL THEN
        INSERT INTO pgboss.bam (name, version, status, queue, table_name, command)
        VALUES (
          command_name,
          version,
          'pending',
          queue_name,
          tbl_name,
          pgboss.job_table_format(command, tbl_name)
        );
        RETURN;
      END IF;

      INSERT INTO pgboss.bam (name, version, status, queue, table_name, command)
      SELECT
        command_name,
        version,
        'pending',
        NULL,
        'job_common',
        pgboss.job_table_format(command, 'job_common')
      UNION ALL
      SELECT
        command_name,
        version,
        'pending',
        queue.name,
        queue.table_name,
        pgboss.job_table_format(command, queue.table_name)
      FROM pgboss.queue
      WHERE partition = true;
    END;
    $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE pgboss.bam (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    queue text,
    table_name text NOT NULL,
    command text NOT NULL,
    error text,
    created_on timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    started_on timestamp with time zone,
    completed_on timestamp with time zone
);

CREATE TABLE pgboss.instance (
    id uuid NOT NULL,
    name text,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    node_version text NOT NULL,
    application_name text,
    heartbeat_seconds integer NOT NULL,
    supervise boolean NOT NULL,
    schedule boolean NOT NULL,
    migrate boolean NOT NULL,
    persist_queue_stats boolean NOT NULL,
    persist_warnings boolean NOT NULL,
    pool_max integer,
    pool_total integer,
    pool_idle integer,
    pool_waiting integer,
    workers jsonb DEFAULT '[]'::jsonb NOT NULL,
    metrics jsonb,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    crash_restarts integer DEFAULT 0 NOT NULL,
    crash_restarts_since timestamp with time zone,
    started_on timestamp with time zone DEFAULT now() NOT NULL,
    heartbeat_on timestamp with time zone DEFAULT now() NOT NULL,
    stopped_on timestamp with time zone
);

CREATE TABLE pgboss.job (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    data jsonb,
    state pgboss.job_state DEFAULT 'created'::pgboss.job_state NOT NULL,
    retry_limit integer DEFAULT 2 NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    retry_delay integer DEFAULT 0 NOT NULL,
    retry_backoff boolean DEFAULT false NOT NULL,
    retry_delay_max integer,
    expire_seconds integer DEFAULT 900 NOT NULL,
    deletion_seconds integer DEFAULT 604800 NOT NULL,
    singleton_key text,
    singleton_on timestamp without time zone,
    group_id text,
    group_tier text,
    start_after timestamp with time zone DEFAULT now() NOT NULL,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    started_on timestamp with time zone,
    completed_on timestamp with time zone,
    keep_until timestamp with time zone DEFAULT (now() + '336:00:00'::interval) NOT NULL,
    output jsonb,
    dead_letter text,
    policy text,
    heartbeat_on timestamp with time zone,
    heartbeat_seconds integer,
    blocked boolean DEFAULT false NOT NULL,
    blocking boolean DEFAULT false NOT NULL,
    pending_dependencies integer DEFAULT 0 NOT NULL,
    source_name text,
    source_id uuid,
    source_created_on timestamp with time zone,
    source_retry_count integer,
    source_output jsonb,
    source_root_id uuid,
    trace_context jsonb,
    upsert_by_key boolean
)
PARTITION BY LIST (name);

CREATE TABLE pgboss.job_common (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    data jsonb,
    state pgboss.job_state DEFAULT 'created'::pgboss.job_state NOT NULL,
    retry_limit integer DEFAULT 2 NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    retry_delay integer DEFAULT 0 NOT NULL,
    retry_backoff boolean DEFAULT false NOT NULL,
    retry_delay_max integer,
    expire_seconds integer DEFAULT 900 NOT NULL,
    deletion_seconds integer DEFAULT 604800 NOT NULL,
    singleton_key text,
    singleton_on timestamp without time zone,
    group_id text,
    group_tier text,
    start_after timestamp with time zone DEFAULT now() NOT NULL,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    started_on timestamp with time zone,
    completed_on timestamp with time zone,
    keep_until timestamp with time zone DEFAULT (now() + '336:00:00'::interval) NOT NULL,
    output jsonb,
    dead_letter text,
    policy text,
    heartbeat_on timestamp with time zone,
    heartbeat_seconds integer,
    blocked boolean DEFAULT false NOT NULL,
    blocking boolean DEFAULT false NOT NULL,
    pending_dependencies integer DEFAULT 0 NOT NULL,
    source_name text,
    source_id uuid,
    source_created_on timestamp with time zone,
    source_retry_count integer,
    source_output jsonb,
    source_root_id uuid,
    trace_context jsonb,
    upsert_by_key boolean,
    CONSTRAINT job_key_strict_fifo_singleton_key_check CHECK ((NOT ((policy = 'key_strict_fifo'::text) AND (singleton_key IS NULL))))
);

CREATE TABLE pgboss.job_dependency (
    child_name text NOT NULL,
    child_id uuid NOT NULL,
    parent_name text NOT NULL,
    parent_id uuid NOT NULL
);

CREATE TABLE pgboss.queue (
    name text NOT NULL,
    policy text NOT NULL,
    retry_limit integer NOT NULL,
    retry_delay integer NOT NULL,
    retry_backoff boolean NOT NULL,
    retry_delay_max integer,
    expire_seconds integer NOT NULL,
    retention_seconds integer NOT NULL,
    deletion_seconds integer NOT NULL,
    dead_letter text,
    partition boolean NOT NULL,
    table_name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    blocked_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    warning_queued integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    retained_count integer,
    retained_on timestamp with time zone,
    created_delta integer DEFAULT 0 NOT NULL,
    completed_delta integer DEFAULT 0 NOT NULL,
    failed_delta integer DEFAULT 0 NOT NULL,
    delta_on timestamp with time zone,
    delta_seconds integer,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    ready_history integer[] DEFAULT '{}'::integer[] NOT NULL,
    heartbeat_seconds integer,
    notify boolean DEFAULT false NOT NULL,
    singletons_active text[],
    monitor_claim_on timestamp with time zone,
    monitor_on timestamp with time zone,
    maintain_on timestamp with time zone,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    updated_on timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT queue_check CHECK ((dead_letter IS DISTINCT FROM name))
);

CREATE TABLE pgboss.queue_stats (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    created_delta integer,
    completed_delta integer,
    failed_delta integer,
    delta_seconds integer,
    delta_on timestamp with time zone,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    captured_on timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY RANGE (captured_on);

CREATE TABLE pgboss.queue_stats_20261126 (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    created_delta integer,
    completed_delta integer,
    failed_delta integer,
    delta_seconds integer,
    delta_on timestamp with time zone,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    captured_on timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pgboss.queue_stats_20261127 (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    created_delta integer,
    completed_delta integer,
    failed_delta integer,
    delta_seconds integer,
    delta_on timestamp with time zone,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    captured_on timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pgboss.schedule (
    name text NOT NULL,
    key text DEFAULT ''::text NOT NULL,
    kind text DEFAULT 'cron'::text NOT NULL,
    cron text NOT NULL,
    timezone text DEFAULT 'UTC'::text,
    data jsonb,
    options jsonb,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    updated_on timestamp with time zone DEFAULT now() NOT NULL,
    last_job_id uuid,
    CONSTRAINT schedule_kind_check CHECK ((kind = ANY (ARRAY['cron'::text, 'rrule'::text])))
);

CREATE TABLE pgboss.subscription (
    event text NOT NULL,
    name text NOT NULL,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    updated_on timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pgboss.version (
    version integer NOT NULL,
    cron_on timestamp with time zone,
    bam_on timestamp with time zone,
    flow_on timestamp with time zone,
    reindex_on timestamp with time zone,
    monitor_backoff_on timestamp with time zone
);

CREATE TABLE pgboss.warning (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    type text NOT NULL,
    message text NOT NULL,
    data jsonb,
    created_on timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    event text NOT NULL,
    user_id integer,
    via text NOT NULL,
    export_id integer NOT NULL,
    datasets jsonb NOT NULL,
    bytes bigint,
    address text,
    fetched_at timestamp with time zone,
    CONSTRAINT audit_event_check CHECK ((event = ANY (ARRAY['export'::text, 'download'::text]))),
    CONSTRAINT audit_via_check CHECK ((via = ANY (ARRAY['api'::text, 'web'::text, 'link'::text, 'address'::text, 'admin'::text])))
);

ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crop_features (
    id integer NOT NULL,
    crop_layer_id integer NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    geometry json NOT NULL,
    current boolean NOT NULL
);

ALTER TABLE public.crop_features ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.crop_features_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crop_layers (
    id integer NOT NULL,
    dataset_id integer NOT NULL,
    version_id integer NOT NULL,
    name text NOT NULL,
    extent jsonb NOT NULL
);

ALTER TABLE public.crop_layers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.crop_layers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.datasets (
    id integer NOT NULL,
    kind text NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    tags text[] NOT NULL,
    search text NOT NULL,
    license_id integer,
    version_id integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    first_published_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone NOT NULL,
    extent double precision[],
    CONSTRAINT datasets_id_check CHECK ((id > 0)),
    CONSTRAINT datasets_kind_check CHECK ((kind = ANY (ARRAY['vector'::text, 'table'::text, 'raster'::text, 'grid'::text, 'rat'::text])))
);

CREATE TABLE public.exports (
    id integer NOT NULL,
    user_id integer NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_via text NOT NULL,
    state text NOT NULL,
    request jsonb NOT NULL,
    request_hash text NOT NULL,
    data_modified_at timestamp with time zone NOT NULL,
    crop jsonb,
    notify jsonb,
    notify_attempts integer DEFAULT 0 NOT NULL,
    notify_at timestamp with time zone,
    size_estimate bigint NOT NULL,
    job_id uuid NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    progress double precision DEFAULT 0 NOT NULL,
    stages jsonb NOT NULL,
    warnings jsonb NOT NULL,
    error jsonb,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    archive_key text,
    size_zipped bigint,
    sha256 text,
    content_hash text,
    claim uuid,
    turn timestamp with time zone,
    seconds_estimate double precision,
    worker text,
    CONSTRAINT exports_created_via_check CHECK ((created_via = ANY (ARRAY['web'::text, 'api'::text]))),
    CONSTRAINT exports_state_check CHECK ((state = ANY (ARRAY['processing'::text, 'cancelled'::text, 'error'::text, 'complete'::text, 'gone'::text])))
);

ALTER TABLE public.exports ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.exports_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.idempotency_keys (
    user_id integer NOT NULL,
    key_hash text NOT NULL,
    body_hash text NOT NULL,
    export_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.kysely_migration (
    name character varying(255) NOT NULL,
    "timestamp" character varying(255) NOT NULL
);

CREATE TABLE public.kysely_migration_lock (
    id character varying(255) NOT NULL,
    is_locked integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.licenses (
    id integer NOT NULL,
    spdx_id text,
    type text NOT NULL,
    version text NOT NULL,
    title text NOT NULL,
    url text,
    text text NOT NULL
);

ALTER TABLE public.licenses ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.licenses_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sessions (
    id integer NOT NULL,
    token_id integer NOT NULL,
    key_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE public.sessions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sessions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.settings (
    name text NOT NULL,
    value text NOT NULL
);

CREATE TABLE public.tokens (
    id integer NOT NULL,
    user_id integer NOT NULL,
    token_hash text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone
);

ALTER TABLE public.tokens ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tokens_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.users (
    id integer NOT NULL,
    name text NOT NULL,
    export_count integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone
);

ALTER TABLE public.users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.versions (
    id integer NOT NULL,
    dataset_id integer NOT NULL,
    content text NOT NULL,
    profile jsonb NOT NULL,
    geometry_type text,
    metadata_xml text,
    published_at timestamp with time zone NOT NULL
);

ALTER TABLE public.versions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.versions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY pgboss.job ATTACH PARTITION pgboss.job_common DEFAULT;

ALTER TABLE ONLY pgboss.queue_stats ATTACH PARTITION pgboss.queue_stats_20261126 FOR VALUES FROM ('2026-11-26 00:00:00+00') TO ('2026-11-27 00:00:00+00');

ALTER TABLE ONLY pgboss.queue_stats ATTACH PARTITION pgboss.queue_stats_20261127 FOR VALUES FROM ('2026-11-27 00:00:00+00') TO ('2026-11-28 00:00:00+00');

INSERT INTO pgboss.instance (id, name, host, pid, version, node_version, application_name, heartbeat_seconds, supervise, schedule, migrate, persist_queue_stats, persist_warnings, pool_max, pool_total, pool_idle, pool_waiting, workers, metrics, config, crash_restarts, crash_restarts_since, started_on, heartbeat_on, stopped_on) VALUES ('6fd84fbe-4179-4e18-bc08-20185b2fc817', NULL, 'vm', 18278, '12.38.0', 'v24.21.0', 'geocrate', 30, true, false, true, false, false, NULL, NULL, NULL, NULL, '[]', '{"cpu": null, "rss": 133292032, "cgroup": 1, "cpuLimit": 2, "heapUsed": 37452960, "heapLimit": 4307550208, "loopDelay": null, "memoryUsed": null, "memoryLimit": 25276502016, "cpuThrottled": null, "loopDelayMax": null, "loopUtilization": null}', '{"adapter": "custom", "backend": "postgres", "migrate": true, "reindex": false, "schedule": false, "supervise": true, "createSchema": true, "monitorVacuum": false, "useListenNotify": false, "bamIntervalSeconds": 60, "flowIntervalSeconds": 5, "warningRetentionDays": 365, "monitorIntervalSeconds": 4, "queueStatRetentionDays": 7, "reindexIntervalSeconds": 86400, "instanceHeartbeatSeconds": 30, "superviseIntervalSeconds": 4, "cronWorkerIntervalSeconds": 5, "queueCacheIntervalSeconds": 60, "cronMonitorIntervalSeconds": 30, "maintenanceIntervalSeconds": 86400, "clockMonitorIntervalSeconds": 600}', 0, NULL, '2026-11-26 13:09:12.018371+00', '2026-11-26 13:09:12.018371+00', '2026-11-26 13:09:14.895269+00');
INSERT INTO pgboss.instance (id, name, host, pid, version, node_version, application_name, heartbeat_seconds, supervise, schedule, migrate, persist_queue_stats, persist_warnings, pool_max, pool_total, pool_idle, pool_waiting, workers, metrics, config, crash_restarts, crash_restarts_since, started_on, heartbeat_on, stopped_on) VALUES ('2e1fd700-d614-4cb7-a691-29c5525ce883', NULL, 'vm', 17776, '12.38.0', 'v24.21.0', 'geocrate', 30, true, false, true, false, false, NULL, NULL, NULL, NULL, '[]', '{"cpu": null, "rss": 131956736, "cgroup": 1, "cpuLimit": 2, "heapUsed": 40600464, "heapLimit": 4307550208, "loopDelay": null, "memoryUsed": null, "memoryLimit": 25276502016, "cpuThrottled": null, "loopDelayMax": null, "loopUtilization": null}', '{"adapter": "custom", "backend": "postgres", "migrate": true, "reindex": false, "schedule": false, "supervise": true, "createSchema": true, "monitorVacuum": false, "useListenNotify": false, "bamIntervalSeconds": 60, "flowIntervalSeconds": 5, "warningRetentionDays": 365, "monitorIntervalSeconds": 4, "queueStatRetentionDays": 7, "reindexIntervalSeconds": 86400, "instanceHeartbeatSeconds": 30, "superviseIntervalSeconds": 4, "cronWorkerIntervalSeconds": 5, "queueCacheIntervalSeconds": 60, "cronMonitorIntervalSeconds": 30, "maintenanceIntervalSeconds": 86400, "clockMonitorIntervalSeconds": 600}', 0, NULL, '2026-11-26 13:08:42.977801+00', '2026-11-26 13:08:42.977801+00', '2026-11-26 13:08:43.606147+00');
INSERT INTO pgboss.instance (id, name, host, pid, version, node_version, application_name, heartbeat_seconds, supervise, schedule, migrate, persist_queue_stats, persist_warnings, pool_max, pool_total, pool_idle, pool_waiting, workers, metrics, config, crash_restarts, crash_restarts_since, started_on, heartbeat_on, stopped_on) VALUES ('24077877-3463-4a12-b27f-933d623e200c', NULL, 'vm', 18205, '12.38.0', 'v24.21.0', 'geocrate', 30, true, false, true, false, false, NULL, NULL, NULL, NULL, '[]', '{"cpu": null, "rss": 133070848, "cgroup": 1, "cpuLimit": 2, "heapUsed": 39539184, "heapLimit": 4307550208, "loopDelay": null, "memoryUsed": null, "memoryLimit": 25276502016, "cpuThrottled": null, "loopDelayMax": null, "loopUtilization": null}', '{"adapter": "custom", "backend": "postgres", "migrate": true, "reindex": false, "schedule": false, "supervise": true, "createSchema": true, "monitorVacuum": false, "useListenNotify": false, "bamIntervalSeconds": 60, "flowIntervalSeconds": 5, "warningRetentionDays": 365, "monitorIntervalSeconds": 4, "queueStatRetentionDays": 7, "reindexIntervalSeconds": 86400, "instanceHeartbeatSeconds": 30, "superviseIntervalSeconds": 4, "cronWorkerIntervalSeconds": 5, "queueCacheIntervalSeconds": 60, "cronMonitorIntervalSeconds": 30, "maintenanceIntervalSeconds": 86400, "clockMonitorIntervalSeconds": 600}', 0, NULL, '2026-11-26 13:09:05.238596+00', '2026-11-26 13:09:05.238596+00', '2026-11-26 13:09:10.512413+00');
INSERT INTO pgboss.instance (id, name, host, pid, version, node_version, application_name, heartbeat_seconds, supervise, schedule, migrate, persist_queue_stats, persist_warnings, pool_max, pool_total, pool_idle, pool_waiting, workers, metrics, config, crash_restarts, crash_restarts_since, started_on, heartbeat_on, stopped_on) VALUES ('a1847cc1-464f-4783-95cd-f60716d07ef0', NULL, 'vm', 17965, '12.38.0', 'v24.21.0', 'geocrate', 30, true, false, true, false, false, NULL, NULL, NULL, NULL, '[]', '{"cpu": null, "rss": 132857856, "cgroup": 1, "cpuLimit": 2, "heapUsed": 39522760, "heapLimit": 4307550208, "loopDelay": null, "memoryUsed": null, "memoryLimit": 25276502016, "cpuThrottled": null, "loopDelayMax": null, "loopUtilization": null}', '{"adapter": "custom", "backend": "postgres", "migrate": true, "reindex": false, "schedule": false, "supervise": true, "createSchema": true, "monitorVacuum": false, "useListenNotify": false, "bamIntervalSeconds": 60, "flowIntervalSeconds": 5, "warningRetentionDays": 365, "monitorIntervalSeconds": 4, "queueStatRetentionDays": 7, "reindexIntervalSeconds": 86400, "instanceHeartbeatSeconds": 30, "superviseIntervalSeconds": 4, "cronWorkerIntervalSeconds": 5, "queueCacheIntervalSeconds": 60, "cronMonitorIntervalSeconds": 30, "maintenanceIntervalSeconds": 86400, "clockMonitorIntervalSeconds": 600}', 0, NULL, '2026-11-26 13:08:47.917305+00', '2026-11-26 13:08:47.917305+00', '2026-11-26 13:08:48.771752+00');

INSERT INTO pgboss.job_common (id, name, priority, data, state, retry_limit, retry_count, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds, singleton_key, singleton_on, group_id, group_tier, start_after, created_on, started_on, completed_on, keep_until, output, dead_letter, policy, heartbeat_on, heartbeat_seconds, blocked, blocking, pending_dependencies, source_name, source_id, source_created_on, source_retry_count, source_output, source_root_id, trace_context, upsert_by_key) VALUES ('2d032edf-1afe-422b-a5be-86d261143cd5', 'export', -60008949, '{"exportId": 1}', 'completed', 1000000, 0, 0, false, NULL, 86000, 3600, NULL, NULL, NULL, NULL, '2026-11-26 13:09:08.973349+00', '2026-11-26 13:09:08.973349+00', '2026-11-26 13:09:09.017252+00', '2026-11-26 13:09:09.796498+00', '2027-11-26 13:09:08.973349+00', NULL, NULL, 'standard', '2026-11-26 13:09:09.017252+00', 10, false, false, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO pgboss.job_common (id, name, priority, data, state, retry_limit, retry_count, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds, singleton_key, singleton_on, group_id, group_tier, start_after, created_on, started_on, completed_on, keep_until, output, dead_letter, policy, heartbeat_on, heartbeat_seconds, blocked, blocking, pending_dependencies, source_name, source_id, source_created_on, source_retry_count, source_output, source_root_id, trace_context, upsert_by_key) VALUES ('14937d43-4530-40a5-8276-99fa02b05928', 'export', -60008950, '{"exportId": 2}', 'completed', 1000000, 0, 0, false, NULL, 86000, 3600, NULL, NULL, NULL, NULL, '2026-11-26 13:09:09.817387+00', '2026-11-26 13:09:09.817387+00', '2026-11-26 13:09:09.82244+00', '2026-11-26 13:09:10.39867+00', '2027-11-26 13:09:09.817387+00', NULL, NULL, 'standard', '2026-11-26 13:09:09.82244+00', 10, false, false, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO pgboss.job_common (id, name, priority, data, state, retry_limit, retry_count, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds, singleton_key, singleton_on, group_id, group_tier, start_after, created_on, started_on, completed_on, keep_until, output, dead_letter, policy, heartbeat_on, heartbeat_seconds, blocked, blocking, pending_dependencies, source_name, source_id, source_created_on, source_retry_count, source_output, source_root_id, trace_context, upsert_by_key) VALUES ('767f8005-d8d5-4b33-a113-b392dbfd7899', 'export', -60008955, '{"exportId": 3}', 'created', 1000000, 0, 0, false, NULL, 86000, 3600, NULL, NULL, NULL, NULL, '2026-11-26 13:09:14.716046+00', '2026-11-26 13:09:14.716046+00', NULL, NULL, '2027-11-26 13:09:14.716046+00', NULL, NULL, 'standard', NULL, 10, false, false, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO pgboss.job_common (id, name, priority, data, state, retry_limit, retry_count, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds, singleton_key, singleton_on, group_id, group_tier, start_after, created_on, started_on, completed_on, keep_until, output, dead_letter, policy, heartbeat_on, heartbeat_seconds, blocked, blocking, pending_dependencies, source_name, source_id, source_created_on, source_retry_count, source_output, source_root_id, trace_context, upsert_by_key) VALUES ('4e8b4e99-2e64-408f-8e97-b98d61585f96', 'export', -60008955, '{"exportId": 4}', 'created', 1000000, 0, 0, false, NULL, 86000, 3600, NULL, NULL, NULL, NULL, '2026-11-26 13:09:14.788365+00', '2026-11-26 13:09:14.788365+00', NULL, NULL, '2027-11-26 13:09:14.788365+00', NULL, NULL, 'standard', NULL, 10, false, false, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO pgboss.job_common (id, name, priority, data, state, retry_limit, retry_count, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds, singleton_key, singleton_on, group_id, group_tier, start_after, created_on, started_on, completed_on, keep_until, output, dead_letter, policy, heartbeat_on, heartbeat_seconds, blocked, blocking, pending_dependencies, source_name, source_id, source_created_on, source_retry_count, source_output, source_root_id, trace_context, upsert_by_key) VALUES ('314cdc70-74fd-40f4-8866-b63f5c58b02d', 'export', -60008955, '{"exportId": 5}', 'created', 1000000, 0, 0, false, NULL, 86000, 3600, NULL, NULL, NULL, NULL, '2026-11-26 13:09:14.840037+00', '2026-11-26 13:09:14.840037+00', NULL, NULL, '2027-11-26 13:09:14.840037+00', NULL, NULL, 'standard', NULL, 10, false, false, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO pgboss.queue (name, policy, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds, retention_seconds, deletion_seconds, dead_letter, partition, table_name, deferred_count, blocked_count, queued_count, ready_count, warning_queued, active_count, failed_count, total_count, retained_count, retained_on, created_delta, completed_delta, failed_delta, delta_on, delta_seconds, wait_bins, run_bins, ready_oldest_seconds, ready_history, heartbeat_seconds, notify, singletons_active, monitor_claim_on, monitor_on, maintain_on, created_on, updated_on) VALUES ('export', 'standard', 1000000, 0, false, NULL, 86000, 31536000, 3600, NULL, false, 'job_common', 0, 0, 0, 0, 0, 1, 0, 1, 0, '2026-11-26 13:08:59.275+00', 0, 0, 0, NULL, NULL, NULL, NULL, NULL, '{0}', 10, false, NULL, '2026-11-26 13:09:09.246923+00', '2026-11-26 13:09:09.250887+00', '2026-11-26 13:09:09.273096+00', '2026-11-26 13:08:42.985586+00', '2026-11-26 13:09:12.041272+00');

INSERT INTO pgboss.version (version, cron_on, bam_on, flow_on, reindex_on, monitor_backoff_on) VALUES (46, NULL, '2026-11-26 13:08:42.975751+00', '2026-11-26 13:09:10.234607+00', NULL, NULL);

INSERT INTO public.audit (id, at, event, user_id, via, export_id, datasets, bytes, address, fetched_at) OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-26 13:09:08.973349+00', 'export', 1, 'api', 1, '[{"id": 1, "title": "Ōtautahi parcels", "licence": "MIT", "version": 1}, {"id": 2, "title": "Places", "licence": null, "version": 2}]', NULL, NULL, NULL);
INSERT INTO public.audit (id, at, event, user_id, via, export_id, datasets, bytes, address, fetched_at) OVERRIDING SYSTEM VALUE VALUES (2, '2026-11-26 13:09:09.817387+00', 'export', 1, 'api', 2, '[{"id": 1, "title": "Ōtautahi parcels", "licence": "MIT", "version": 1}]', NULL, NULL, NULL);
INSERT INTO public.audit (id, at, event, user_id, via, export_id, datasets, bytes, address, fetched_at) OVERRIDING SYSTEM VALUE VALUES (3, '2026-11-26 13:09:10.418047+00', 'download', 1, 'api', 1, '[{"id": 1, "title": "Ōtautahi parcels", "licence": "MIT", "version": 1}, {"id": 2, "title": "Places", "licence": null, "version": 2}]', 9048, '8d202f06e50d35a137b19e4508d197a9f7dbc00518ad579a16fe8980447a39a2', '2026-11-26 13:09:10.439116+00');
INSERT INTO public.audit (id, at, event, user_id, via, export_id, datasets, bytes, address, fetched_at) OVERRIDING SYSTEM VALUE VALUES (4, '2026-11-26 13:09:14.716046+00', 'export', 1, 'api', 3, '[{"id": 1, "title": "Ōtautahi parcels", "licence": "MIT", "version": 1}]', NULL, NULL, NULL);
INSERT INTO public.audit (id, at, event, user_id, via, export_id, datasets, bytes, address, fetched_at) OVERRIDING SYSTEM VALUE VALUES (5, '2026-11-26 13:09:14.788365+00', 'export', 1, 'api', 4, '[{"id": 1, "title": "Ōtautahi parcels", "licence": "MIT", "version": 1}]', NULL, NULL, NULL);
INSERT INTO public.audit (id, at, event, user_id, via, export_id, datasets, bytes, address, fetched_at) OVERRIDING SYSTEM VALUE VALUES (6, '2026-11-26 13:09:14.840037+00', 'export', 1, 'api', 5, '[{"id": 1, "title": "Ōtautahi parcels", "licence": "MIT", "version": 1}]', NULL, NULL, NULL);

INSERT INTO public.crop_features (id, crop_layer_id, key, name, geometry, current) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'West', 'West', '[[[[170,-44],[170.5,-44],[170.5,-43],[170,-43],[170,-44]]]]', true);
INSERT INTO public.crop_features (id, crop_layer_id, key, name, geometry, current) OVERRIDING SYSTEM VALUE VALUES (2, 1, 'East', 'East', '[[[[170.5,-44],[171,-44],[171,-43],[170.5,-43],[170.5,-44]]]]', true);

INSERT INTO public.crop_layers (id, dataset_id, version_id, name, extent) OVERRIDING SYSTEM VALUE VALUES (1, 3, 3, 'Districts', '[[[[170, -44], [171, -44], [171, -43], [170, -43], [170, -44]]]]');

INSERT INTO public.datasets (id, kind, slug, title, description, tags, search, license_id, version_id, created_at, first_published_at, published_at, extent) VALUES (2, 'table', 'places', 'Places', '', '{}', 'places
', NULL, 2, '2026-11-26 13:08:37.788087+00', '2026-11-26 13:08:37.789+00', '2026-11-26 13:08:37.789+00', NULL);
INSERT INTO public.datasets (id, kind, slug, title, description, tags, search, license_id, version_id, created_at, first_published_at, published_at, extent) VALUES (3, 'vector', 'districts', 'Districts', '', '{}', 'districts
', NULL, 3, '2026-11-26 13:08:38.757784+00', '2026-11-26 13:08:38.759+00', '2026-11-26 13:08:38.759+00', '{170,-44,171,-43}');
INSERT INTO public.datasets (id, kind, slug, title, description, tags, search, license_id, version_id, created_at, first_published_at, published_at, extent) VALUES (1, 'vector', 'otautahi-parcels', 'Ōtautahi parcels', '', '{}', 'ōtautahi parcels

otautahi parcels
', 1, 1, '2026-11-26 13:08:36.819327+00', '2026-11-26 13:08:36.822+00', '2026-11-26 13:08:36.822+00', '{170,-44,171,-43}');

INSERT INTO public.exports (id, user_id, name, created_at, created_via, state, request, request_hash, data_modified_at, crop, notify, notify_attempts, notify_at, size_estimate, job_id, attempts, progress, stages, warnings, error, started_at, finished_at, expires_at, archive_key, size_zipped, sha256, content_hash, claim, turn, seconds_estimate, worker) OVERRIDING SYSTEM VALUE VALUES (4, 1, 'otautahi-parcels-FGB', '2026-11-26 13:09:14.788+00', 'api', 'processing', '{"crs": "EPSG:4326", "items": [{"tile": null, "type": "layer", "color": "#336699", "format": "application/flatgeobuf", "pinned": false, "dataset": 1, "version": 1}], "extent": null, "formats": {"vector": "application/flatgeobuf"}, "options": {}, "delivery": {"method": "download"}}', '366f502b4b68131dbfc915495e574d5043513d8b74ba34806a3c32b44fc868a7', '2026-11-26 13:08:36.822+00', NULL, NULL, 0, NULL, 8807, '4e8b4e99-2e64-408f-8e97-b98d61585f96', 0, 0, '[]', '[]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 13:09:15.516382+00', 0.40023668, NULL);
INSERT INTO public.exports (id, user_id, name, created_at, created_via, state, request, request_hash, data_modified_at, crop, notify, notify_attempts, notify_at, size_estimate, job_id, attempts, progress, stages, warnings, error, started_at, finished_at, expires_at, archive_key, size_zipped, sha256, content_hash, claim, turn, seconds_estimate, worker) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'everything', '2026-11-26 13:09:08.973+00', 'api', 'complete', '{"crs": "EPSG:2193", "items": [{"tile": null, "type": "layer", "color": null, "format": "text/csv", "pinned": false, "dataset": 1, "version": 1}, {"tile": null, "type": "table", "color": null, "format": "text/csv", "pinned": false, "dataset": 2, "version": 2}], "extent": null, "formats": {"table": "text/csv", "vector": "text/csv"}, "options": {}, "delivery": {"method": "download"}}', '0c172c714e7bf7b101f80c577a0b81eb4cca1561f17df4e945958c9bc3a697c1', '2026-11-26 13:08:37.789+00', NULL, NULL, 0, NULL, 9462, '2d032edf-1afe-422b-a5be-86d261143cd5', 1, 1, '[{"item": 0, "name": "write", "progress": 1}, {"item": 1, "name": "write", "progress": 1}, {"item": null, "name": "archive", "progress": 1}]', '[]', NULL, '2026-11-26 13:09:09.02494+00', '2026-11-26 13:09:09.78855+00', '2026-12-03 13:09:09.78855+00', '1-48d7c3d5-547d5ea556c298dd.zip', 9048, '547d5ea556c298dd32c4c3bf394394b24d1f27c5d73d64a5a365410a9a4c8bd6', '05c369f2250202fed0f23e0fdcd20846937f483790ff6e75fcd6fae599dfba5f', '48d7c3d5-67b6-41f8-94e5-fb9d55722e5b', '2026-11-26 13:09:09.373598+00', 0.40024888000000003, 'vm/18205');
INSERT INTO public.exports (id, user_id, name, created_at, created_via, state, request, request_hash, data_modified_at, crop, notify, notify_attempts, notify_at, size_estimate, job_id, attempts, progress, stages, warnings, error, started_at, finished_at, expires_at, archive_key, size_zipped, sha256, content_hash, claim, turn, seconds_estimate, worker) OVERRIDING SYSTEM VALUE VALUES (5, 1, 'otautahi-parcels-PARQUET', '2026-11-26 13:09:14.84+00', 'api', 'processing', '{"crs": "EPSG:4326", "items": [{"tile": null, "type": "layer", "color": "#336699", "format": "application/vnd.apache.parquet", "pinned": false, "dataset": 1, "version": 1}], "extent": null, "formats": {"vector": "application/vnd.apache.parquet"}, "options": {}, "delivery": {"method": "download"}}', '400c668e281106dc32b9af3d850c3ea1e878aef4e48a452580fa7dfbdcd8519c', '2026-11-26 13:08:36.822+00', NULL, NULL, 0, NULL, 8869, '314cdc70-74fd-40f4-8866-b63f5c58b02d', 0, 0, '[]', '[]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 13:09:15.918375+00', 0.40199300000000004, NULL);
INSERT INTO public.exports (id, user_id, name, created_at, created_via, state, request, request_hash, data_modified_at, crop, notify, notify_attempts, notify_at, size_estimate, job_id, attempts, progress, stages, warnings, error, started_at, finished_at, expires_at, archive_key, size_zipped, sha256, content_hash, claim, turn, seconds_estimate, worker) OVERRIDING SYSTEM VALUE VALUES (3, 1, 'otautahi-parcels-GEOJSON', '2026-11-26 13:09:14.716+00', 'api', 'cancelled', '{"crs": "EPSG:4326", "items": [{"tile": null, "type": "layer", "color": "#336699", "format": "application/geo+json", "pinned": false, "dataset": 1, "version": 1}], "extent": null, "formats": {"vector": "application/geo+json"}, "options": {}, "delivery": {"method": "download"}}', 'aa4e5f443cfa16dfcc1469dc1011ce1f0ea3e1516eaad4dc522632d04c1943c0', '2026-11-26 13:08:36.822+00', NULL, NULL, 0, NULL, 5366, '767f8005-d8d5-4b33-a113-b392dbfd7899', 0, 0, '[]', '[]', NULL, NULL, '2026-11-26 13:09:14.885769+00', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 13:09:15.116145+00', 0.40009904, NULL);
INSERT INTO public.exports (id, user_id, name, created_at, created_via, state, request, request_hash, data_modified_at, crop, notify, notify_attempts, notify_at, size_estimate, job_id, attempts, progress, stages, warnings, error, started_at, finished_at, expires_at, archive_key, size_zipped, sha256, content_hash, claim, turn, seconds_estimate, worker) OVERRIDING SYSTEM VALUE VALUES (2, 1, 'otautahi-parcels-GPKG', '2026-11-26 13:09:09.817+00', 'api', 'gone', '{"crs": "EPSG:2193", "items": [{"tile": null, "type": "layer", "color": null, "format": "application/x-ogc-gpkg", "pinned": false, "dataset": 1, "version": 1}], "extent": {"cropLayer": 1, "cropFeature": 1}, "formats": {"vector": "application/x-ogc-gpkg"}, "options": {}, "delivery": {"method": "download"}}', '91ee0cac1a1d041dd10198cb45dab34d30b9d2be7c9bb581b7e1e3c848b579a0', '2026-11-26 13:08:36.822+00', NULL, NULL, 0, NULL, 15922, '14937d43-4530-40a5-8276-99fa02b05928', 1, 1, '[{"item": 0, "name": "write", "progress": 1}, {"item": null, "name": "archive", "progress": 1}]', '[]', NULL, '2026-11-26 13:09:09.82889+00', '2026-11-26 13:09:10.390181+00', '2026-11-26 13:09:10.468706+00', '2-4ebac80b-cb89fd03aeeb1fb7.zip', 11343, 'cb89fd03aeeb1fb73e8057f9eca6e9b2fa0a358aa8cf6fdc38c4c44ccbe3b53b', 'b2fc448258901e76210719ada4446d0b39e90eb32599b1f61b102bced751ff69', '4ebac80b-4f69-4e0e-a9dd-3513e1708de2', '2026-11-26 13:09:10.217907+00', 0.40052020000000005, 'vm/18205');

INSERT INTO public.idempotency_keys (user_id, key_hash, body_hash, export_id, created_at) VALUES (1, '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed', 'e74a69f6b7f67ddecc5b3154aec8eaaada135f906abacd12bb9d901344ad7800', 1, '2026-11-26 13:09:08.973349+00');

INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0001-first', '2026-11-26T13:08:36.440Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0002-content', '2026-11-26T13:08:36.443Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0003-catalogue-order', '2026-11-26T13:08:36.447Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0004-rasters', '2026-11-26T13:08:36.448Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0005-sessions', '2026-11-26T13:08:36.460Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0006-whereabouts', '2026-11-26T13:08:36.464Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0007-claims', '2026-11-26T13:08:36.467Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0009-seconds', '2026-11-26T13:08:36.468Z');
INSERT INTO public.kysely_migration (name, "timestamp") VALUES ('0010-audit', '2026-11-26T13:08:36.485Z');

INSERT INTO public.kysely_migration_lock (id, is_locked) VALUES ('migration_lock', 0);

INSERT INTO public.licenses (id, spdx_id, type, version, title, url, text) OVERRIDING SYSTEM VALUE VALUES (1, 'MIT', 'mit', '', 'MIT License', 'https://opensource.org/license/mit/', 'MIT License

Copyright (c) <year> <copyright holders>

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE
USE OR OTHER DEALINGS IN THE SOFTWARE.');

INSERT INTO public.sessions (id, token_id, key_hash, created_at, expires_at) OVERRIDING SYSTEM VALUE VALUES (1, 1, '65cb0343c24ec05a02ca51209a5f709c3299213e86a1cecab628fc9ecced2b21', '2026-11-26 13:09:10.494209+00', '2026-12-26 13:09:10.494209+00');

INSERT INTO public.settings (name, value) VALUES ('download_secret', 'f1152d21027d52054f23663e8586b5942fb39e3bef29fc382084683bc38ca30f');

INSERT INTO public.tokens (id, user_id, token_hash, scopes, created_at, last_used_at) OVERRIDING SYSTEM VALUE VALUES (2, 2, 'e2d908151bfb3a6830ec85b9d215f77abe607209037668a9e8b1eaf4c5e809a2', '{layers:read,exports:read,exports:write,catalog}', '2026-11-26 13:08:41.0513+00', NULL);
INSERT INTO public.tokens (id, user_id, token_hash, scopes, created_at, last_used_at) OVERRIDING SYSTEM VALUE VALUES (1, 1, '8f2211c3097a0e7736ce6baab8a314c5d7d6bd8a93381834bb0bdab340fccdd2', '{layers:read,exports:read,exports:write,links,catalog}', '2026-11-26 13:08:40.431448+00', '2026-11-26 13:09:08.889052+00');

INSERT INTO public.users (id, name, export_count, created_at, disabled_at) OVERRIDING SYSTEM VALUE VALUES (2, 'bob', 0, '2026-11-26 13:08:41.0513+00', '2026-11-26 13:08:41.657771+00');
INSERT INTO public.users (id, name, export_count, created_at, disabled_at) OVERRIDING SYSTEM VALUE VALUES (1, 'anna', 5, '2026-11-26 13:08:40.431448+00', NULL);

INSERT INTO public.versions (id, dataset_id, content, profile, geometry_type, metadata_xml, published_at) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'feae9d65972cf60bdb2e47b76b0cc746af49cb820497b4108c0b55b8b4c408f6', '{"crs": {"id": "EPSG:4326", "wkt": "GEOGCRS[\"WGS 84\",\n    DATUM[\"World Geodetic System 1984\",\n        ELLIPSOID[\"WGS 84\",6378137,298.257223563,\n            LENGTHUNIT[\"metre\",1]]],\n    PRIMEM[\"Greenwich\",0,\n        ANGLEUNIT[\"degree\",0.0174532925199433]],\n    CS[ellipsoidal,2],\n        AXIS[\"geodetic latitude (Lat)\",north,\n            ORDER[1],\n            ANGLEUNIT[\"degree\",0.0174532925199433]],\n        AXIS[\"geodetic longitude (Lon)\",east,\n            ORDER[2],\n            ANGLEUNIT[\"degree\",0.0174532925199433]],\n    ID[\"EPSG\",4326]]", "name": "WGS 84"}, "kind": "vector", "bytes": 27280, "has_m": false, "has_z": false, "extent": [170, -44, 171, -43], "fields": [{"max": "100", "min": "1", "name": "id", "type": "integer", "width": 0, "precision": 0, "null_count": 0, "longest_bytes": 0}, {"max": null, "min": null, "name": "name", "type": "string", "width": 0, "precision": 0, "null_count": 0, "longest_bytes": 17}, {"max": "148.5", "min": "0", "name": "area", "type": "real", "width": 0, "precision": 0, "null_count": 0, "longest_bytes": 0}, {"max": "1999-02-03", "min": "1950-02-03", "name": "surveyed", "type": "date", "width": 0, "precision": 0, "null_count": 15, "longest_bytes": 10}], "format": 1, "deflated": {"vertex": {"text": 2.046, "binary": 2.504, "degrees": 1.94, "text_moved": 3.002, "binary_moved": 2.194}, "feature": {"text": 8.82, "fixed": 9.42, "named": 11.02, "binary": 10.13}}, "transform": null, "fid_column": null, "extent_wgs84": [170, -44, 171, -43], "mended_count": 0, "vertex_count": 500, "feature_count": 100, "geometry_types": {"Polygon": 100}, "geometry_column": "geom", "primary_key_fields": [], "null_geometry_count": 0, "empty_geometry_count": 0}', 'polygon', NULL, '2026-11-26 13:08:36.822+00');
INSERT INTO public.versions (id, dataset_id, content, profile, geometry_type, metadata_xml, published_at) OVERRIDING SYSTEM VALUE VALUES (2, 2, '875e056e5b319b2989bfbdc1f4279bfc205493dcaf1cea2ecbe0cbfdf402d1f7', '{"crs": null, "kind": "table", "bytes": 15624, "has_m": false, "has_z": false, "extent": null, "fields": [{"max": "250", "min": "1", "name": "code", "type": "integer", "width": 0, "precision": 0, "null_count": 0, "longest_bytes": 0}, {"max": null, "min": null, "name": "name", "type": "string", "width": 0, "precision": 0, "null_count": 0, "longest_bytes": 14}, {"max": "2490", "min": "0", "name": "people", "type": "integer", "width": 0, "precision": 0, "null_count": 0, "longest_bytes": 0}], "format": 1, "deflated": {"vertex": {"text": 0, "binary": 0, "degrees": 0, "text_moved": 0, "binary_moved": 0}, "feature": {"text": 6.496, "fixed": 7.32, "named": 8.516, "binary": 7.928}}, "transform": null, "fid_column": null, "extent_wgs84": null, "mended_count": 0, "vertex_count": 0, "feature_count": 250, "geometry_types": {}, "geometry_column": null, "primary_key_fields": [], "null_geometry_count": 0, "empty_geometry_count": 0}', NULL, NULL, '2026-11-26 13:08:37.789+00');
INSERT INTO public.versions (id, dataset_id, content, profile, geometry_type, metadata_xml, published_at) OVERRIDING SYSTEM VALUE VALUES (3, 3, '5b3ec1e0537de7f1394eb00beab8be36c41c8af677f346e85987d05b2ff84919', '{"crs": {"id": "EPSG:4326", "wkt": "GEOGCRS[\"WGS 84\",\n    DATUM[\"World Geodetic System 1984\",\n        ELLIPSOID[\"WGS 84\",6378137,298.257223563,\n            LENGTHUNIT[\"metre\",1]]],\n    PRIMEM[\"Greenwich\",0,\n        ANGLEUNIT[\"degree\",0.0174532925199433]],\n    CS[ellipsoidal,2],\n        AXIS[\"geodetic latitude (Lat)\",north,\n            ORDER[1],\n            ANGLEUNIT[\"degree\",0.0174532925199433]],\n        AXIS[\"geodetic longitude (Lon)\",east,\n            ORDER[2],\n            ANGLEUNIT[\"degree\",0.0174532925199433]],\n    ID[\"EPSG\",4326]]", "name": "WGS 84"}, "kind": "vector", "bytes": 1160, "has_m": false, "has_z": false, "extent": [170, -44, 171, -43], "fields": [{"max": null, "min": null, "name": "name", "type": "string", "width": 0, "precision": 0, "null_count": 0, "longest_bytes": 4}], "format": 1, "deflated": {"vertex": {"text": 3.8, "binary": 4.3, "degrees": 4.2, "text_moved": 8.4, "binary_moved": 6.1}, "feature": {"text": 5.5, "fixed": 5.5, "named": 12.5, "binary": 9}}, "transform": null, "fid_column": null, "extent_wgs84": [170, -44, 171, -43], "mended_count": 0, "vertex_count": 10, "feature_count": 2, "geometry_types": {"Polygon": 2}, "geometry_column": "geom", "primary_key_fields": [], "null_geometry_count": 0, "empty_geometry_count": 0}', 'polygon', NULL, '2026-11-26 13:08:38.759+00');

SELECT pg_catalog.setval('public.audit_id_seq', 6, true);

SELECT pg_catalog.setval('public.crop_features_id_seq', 2, true);

SELECT pg_catalog.setval('public.crop_layers_id_seq', 1, true);

SELECT pg_catalog.setval('public.exports_id_seq', 5, true);

SELECT pg_catalog.setval('public.licenses_id_seq', 1, true);

SELECT pg_catalog.setval('public.sessions_id_seq', 1, true);

SELECT pg_catalog.setval('public.tokens_id_seq', 2, true);

SELECT pg_catalog.setval('public.users_id_seq', 2, true);

SELECT pg_catalog.setval('public.versions_id_seq', 3, true);

ALTER TABLE ONLY pgboss.bam
    ADD CONSTRAINT bam_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pgboss.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pgboss.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (name, id);

ALTER TABLE ONLY pgboss.job_common
    ADD CONSTRAINT job_common_pkey PRIMARY KEY (name, id);

ALTER TABLE ONLY pgboss.job_dependency
    ADD CONSTRAINT job_dependency_pkey PRIMARY KEY (child_name, child_id, parent_name, parent_id);

ALTER TABLE ONLY pgboss.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (name);

ALTER TABLE ONLY pgboss.queue_stats
    ADD CONSTRAINT queue_stats_pkey PRIMARY KEY (id, captured_on);

ALTER TABLE ONLY pgboss.queue_stats_20261126
    ADD CONSTRAINT queue_stats_20261126_pkey PRIMARY KEY (id, captured_on);

ALTER TABLE ONLY pgboss.queue_stats_20261127
    ADD CONSTRAINT queue_stats_20261127_pkey PRIMARY KEY (id, captured_on);

ALTER TABLE ONLY pgboss.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (name, key);

ALTER TABLE ONLY pgboss.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (event, name);

ALTER TABLE ONLY pgboss.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY pgboss.warning
    ADD CONSTRAINT warning_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.crop_features
    ADD CONSTRAINT crop_features_crop_layer_id_key_key UNIQUE (crop_layer_id, key);

ALTER TABLE ONLY public.crop_features
    ADD CONSTRAINT crop_features_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.crop_layers
    ADD CONSTRAINT crop_layers_dataset_id_key UNIQUE (dataset_id);

ALTER TABLE ONLY public.crop_layers
    ADD CONSTRAINT crop_layers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT datasets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key_hash);

ALTER TABLE ONLY public.kysely_migration_lock
    ADD CONSTRAINT kysely_migration_lock_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.kysely_migration
    ADD CONSTRAINT kysely_migration_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.licenses
    ADD CONSTRAINT licenses_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.licenses
    ADD CONSTRAINT licenses_type_version_title_key UNIQUE (type, version, title);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_name_key UNIQUE (name);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (id);

CREATE UNIQUE INDEX job_common_i1 ON pgboss.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state = 'created'::pgboss.job_state) AND (policy = 'short'::text));

CREATE INDEX job_common_i10 ON pgboss.job_common USING btree (name, singleton_key, state DESC, created_on, id) INCLUDE (start_after) WHERE ((state < 'active'::pgboss.job_state) AND (NOT blocked) AND (policy = 'key_strict_fifo'::text));

CREATE INDEX job_common_i11 ON pgboss.job_common USING btree (name, priority DESC, created_on, start_after) WHERE ((state < 'active'::pgboss.job_state) AND (NOT blocked));

CREATE INDEX job_common_i12 ON pgboss.job_common USING btree (source_root_id) WHERE (source_root_id IS NOT NULL);

CREATE UNIQUE INDEX job_common_i13 ON pgboss.job_common USING btree (name, singleton_key) WHERE ((state = 'created'::pgboss.job_state) AND upsert_by_key);

CREATE INDEX job_common_i14 ON pgboss.job_common USING btree (name, state, blocked, start_after) WHERE (state = ANY (ARRAY['created'::pgboss.job_state, 'retry'::pgboss.job_state, 'active'::pgboss.job_state, 'failed'::pgboss.job_state]));

CREATE INDEX job_common_i15 ON pgboss.job_common USING btree (name, created_on);

CREATE INDEX job_common_i16 ON pgboss.job_common USING btree (name, completed_on) WHERE (completed_on IS NOT NULL);

CREATE INDEX job_common_i17 ON pgboss.job_common USING btree (name, singleton_key, created_on) WHERE ((state < 'active'::pgboss.job_state) AND (singleton_key IS NOT NULL));

CREATE UNIQUE INDEX job_common_i2 ON pgboss.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state = 'active'::pgboss.job_state) AND (policy = 'singleton'::text));

CREATE UNIQUE INDEX job_common_i3 ON pgboss.job_common USING btree (name, state, COALESCE(singleton_key, ''::text)) WHERE ((state <= 'active'::pgboss.job_state) AND (policy = 'stately'::text));

CREATE UNIQUE INDEX job_common_i4 ON pgboss.job_common USING btree (name, singleton_on, COALESCE(singleton_key, ''::text)) WHERE ((state <> 'cancelled'::pgboss.job_state) AND (singleton_on IS NOT NULL));

CREATE UNIQUE INDEX job_common_i6 ON pgboss.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state <= 'active'::pgboss.job_state) AND (policy = 'exclusive'::text));

CREATE INDEX job_common_i7 ON pgboss.job_common USING btree (name, group_id) WHERE ((state = 'active'::pgboss.job_state) AND (group_id IS NOT NULL));

CREATE UNIQUE INDEX job_common_i8 ON pgboss.job_common USING btree (name, singleton_key) WHERE ((state = ANY (ARRAY['active'::pgboss.job_state, 'retry'::pgboss.job_state, 'failed'::pgboss.job_state])) AND (policy = 'key_strict_fifo'::text));

CREATE INDEX job_common_i9 ON pgboss.job_common USING btree (name, id) WHERE (blocking AND (state = 'completed'::pgboss.job_state));

CREATE INDEX job_dep_parent_idx ON pgboss.job_dependency USING btree (parent_name, parent_id);

CREATE INDEX queue_stats_i1 ON ONLY pgboss.queue_stats USING btree (name, captured_on DESC) INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);

CREATE INDEX queue_stats_20261126_name_captured_on_deferred_count_queued_idx ON pgboss.queue_stats_20261126 USING btree (name, captured_on DESC) INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);

CREATE INDEX queue_stats_20261127_name_captured_on_deferred_count_queued_idx ON pgboss.queue_stats_20261127 USING btree (name, captured_on DESC) INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);

CREATE INDEX warning_i1 ON pgboss.warning USING btree (created_on DESC);

CREATE INDEX audit_address ON public.audit USING btree (address) WHERE (address IS NOT NULL);

CREATE INDEX audit_at ON public.audit USING btree (at);

CREATE INDEX audit_export ON public.audit USING btree (export_id);

CREATE INDEX datasets_published ON public.datasets USING btree (published_at, id);

CREATE INDEX datasets_title ON public.datasets USING btree (title, id);

CREATE INDEX exports_content ON public.exports USING btree (content_hash) WHERE (state = 'complete'::text);

CREATE INDEX exports_expiring ON public.exports USING btree (expires_at) WHERE (state = 'complete'::text);

CREATE INDEX exports_processing ON public.exports USING btree (id) WHERE (state = 'processing'::text);

CREATE INDEX exports_request ON public.exports USING btree (user_id, request_hash, id DESC);

CREATE INDEX exports_to_notify ON public.exports USING btree (notify_at) WHERE (notify_at IS NOT NULL);

CREATE INDEX exports_turn ON public.exports USING btree (user_id, turn) WHERE (state = 'processing'::text);

CREATE INDEX exports_user ON public.exports USING btree (user_id, id DESC);

CREATE INDEX sessions_expiring ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_token ON public.sessions USING btree (token_id);

CREATE INDEX versions_content ON public.versions USING btree (content);

CREATE INDEX versions_dataset ON public.versions USING btree (dataset_id);

ALTER INDEX pgboss.job_pkey ATTACH PARTITION pgboss.job_common_pkey;

ALTER INDEX pgboss.queue_stats_i1 ATTACH PARTITION pgboss.queue_stats_20261126_name_captured_on_deferred_count_queued_idx;

ALTER INDEX pgboss.queue_stats_pkey ATTACH PARTITION pgboss.queue_stats_20261126_pkey;

ALTER INDEX pgboss.queue_stats_i1 ATTACH PARTITION pgboss.queue_stats_20261127_name_captured_on_deferred_count_queued_idx;

ALTER INDEX pgboss.queue_stats_pkey ATTACH PARTITION pgboss.queue_stats_20261127_pkey;

ALTER TABLE ONLY pgboss.job_common
    ADD CONSTRAINT dlq_fkey FOREIGN KEY (dead_letter) REFERENCES pgboss.queue(name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY pgboss.job_common
    ADD CONSTRAINT q_fkey FOREIGN KEY (name) REFERENCES pgboss.queue(name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY pgboss.queue
    ADD CONSTRAINT queue_dead_letter_fkey FOREIGN KEY (dead_letter) REFERENCES pgboss.queue(name);

ALTER TABLE ONLY pgboss.schedule
    ADD CONSTRAINT schedule_name_fkey FOREIGN KEY (name) REFERENCES pgboss.queue(name) ON DELETE CASCADE;

ALTER TABLE ONLY pgboss.subscription
    ADD CONSTRAINT subscription_name_fkey FOREIGN KEY (name) REFERENCES pgboss.queue(name) ON DELETE CASCADE;

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_export_id_fkey FOREIGN KEY (export_id) REFERENCES public.exports(id);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.crop_features
    ADD CONSTRAINT crop_features_crop_layer_id_fkey FOREIGN KEY (crop_layer_id) REFERENCES public.crop_layers(id);

ALTER TABLE ONLY public.crop_layers
    ADD CONSTRAINT crop_layers_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES public.datasets(id);

ALTER TABLE ONLY public.crop_layers
    ADD CONSTRAINT crop_layers_version_id_fkey FOREIGN KEY (version_id) REFERENCES public.versions(id);

ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT datasets_license_id_fkey FOREIGN KEY (license_id) REFERENCES public.licenses(id);

ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT datasets_version_id_fkey FOREIGN KEY (version_id) REFERENCES public.versions(id);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_export_id_fkey FOREIGN KEY (export_id) REFERENCES public.exports(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_id_fkey FOREIGN KEY (token_id) REFERENCES public.tokens(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES public.datasets(id);

