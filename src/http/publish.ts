import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { datasetType, loadDataset } from '../catalog/datasets.ts';
import { editDataset } from '../catalog/edit.ts';
import { findLicense, type NewLicense } from '../catalog/licenses.ts';
import { isFinal, type PublishJob } from '../catalog/upload/jobs.ts';
import { UploadRefused } from '../catalog/upload/uploads.ts';
import { resourceUrl, type SiteAddress } from '../exports/addresses.ts';
import { nullable, Time, Url } from '../exports/resource.ts';
import { timestamp } from '../exports/times.ts';
import { KINDS } from '../store/versionprofile.ts';
import { checked } from './checked.ts';
import { HttpError, notFound } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { callerOf, Id, operation, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

const Kind = Type.Enum([...KINDS]);
const Uploaded = Type.Object(
  { id: Type.String({ description: 'For `upload` of what publishes it.' }), filename: Type.String(), bytes: Type.Integer() },
  { $id: 'Upload', additionalProperties: false },
);
/** Without control characters, which no database keeps or any terminal obeys; a description may have line breaks and tabs. */
const LINE = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';
const TEXT = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$';
const TITLE = Type.String({ minLength: 1, maxLength: 300, pattern: LINE });
const DESCRIPTION = Type.String({ maxLength: 20_000, pattern: TEXT });
const TAGS = Type.Array(Type.String({ minLength: 1, maxLength: 100, pattern: LINE }), { maxItems: 50 });
const LICENSE = Type.String({ maxLength: 200, description: 'An SPDX id such as `CC-BY-4.0`, or `public-domain`.' });
const PublishRequest = Type.Object(
  {
    upload: Type.String(),
    title: Type.Optional(TITLE),
    id: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 999_999_999,
        description: 'Publish a new version of this layer or table; a new one unless told.',
      }),
    ),
    kind: Type.Optional(Kind),
    license: Type.Optional(LICENSE),
    description: Type.Optional(DESCRIPTION),
    tags: Type.Optional(TAGS),
    crop_layer: Type.Optional(Type.Boolean({ description: 'Its polygons may be used as the extent of exports.' })),
    name_field: Type.Optional(Type.String({ maxLength: 300, description: 'The field that names the polygons of a crop layer.' })),
    crs: Type.Optional(Type.String({ maxLength: 20, description: '`EPSG:n`, where the file has none or a wrong one.' })),
    layer: Type.Optional(Type.String({ maxLength: 300, pattern: LINE, description: 'Of a file with several layers only this one.' })),
  },
  { $id: 'PublishRequest', additionalProperties: false },
);
const Publishing = Type.Object(
  {
    id: Type.String(),
    url: Url,
    events_url: Url,
    title: Type.String({ description: 'That it is to have, or the name of the file.' }),
    created_at: Time,
    finished_at: nullable(Time),
    state: Type.Enum(['waiting', 'running', 'published', 'error', 'cancelled']),
    stage: Type.Enum(['waiting', 'unpacking', 'publishing', 'done']),
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    sentences: Type.Array(Type.String(), { description: 'What you should know: notes on what was published, or why nothing was.' }),
    published: Type.Array(
      Type.Object({ id: Type.Integer(), url: Url, kind: Kind, title: Type.String(), version: Type.Integer(), unchanged: Type.Boolean() }),
    ),
  },
  { $id: 'Publishing', additionalProperties: false },
);
const DataEdit = Type.Object(
  {
    title: Type.Optional(TITLE),
    description: Type.Optional(DESCRIPTION),
    tags: Type.Optional(TAGS),
    license: Type.Optional(nullable(LICENSE)),
  },
  { $id: 'DataEdit', additionalProperties: false },
);
const Edited = Type.Object(
  {
    id: Type.Integer(),
    url: Url,
    title: Type.String(),
    description: Type.String(),
    tags: Type.Array(Type.String()),
    license: nullable(Type.String({ description: 'Its title.' })),
  },
  { $id: 'EditedData', additionalProperties: false },
);
export const PUBLISH_SCHEMAS = [Uploaded, PublishRequest, Publishing, DataEdit, Edited];

/** What ZIP files hold may be so many times as large as an upload. */
const UNPACKED_TIMES = 4;
const Key = Type.String({ pattern: '^[0-9a-f]{16,32}$' });
const STATUS: Readonly<Record<UploadRefused['reason'], number>> = { 'too-large': 413, 'disk-full': 507, incomplete: 400, 'too-many': 409 };

/** `/site/uploads/`, `/site/publish/` and `/site/data/`: what publishers do in the page. */
export function publishRoutes(app: FastifyInstance, site: Site): void {
  const heartbeat = new Heartbeat();
  // Files that arrive, and those who follow what becomes of them, would keep a server from stopping.
  const arriving = new Set<IncomingMessage>();
  app.addHook('preClose', async () => {
    for (const file of arriving) file.destroy();
    await site.publishing.close();
  });
  app.register(async (raw) => {
    // Files come as they are, whatever type they say, and are read by the handler alone.
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser('*', async (_request: unknown, payload: unknown) => payload);
    resource(raw, '/site/uploads/', {
      POST: operation({
        scope: 'admin',
        accepts: '*/*',
        slowBody: true,
        summary: 'Upload a file',
        description: `Send the file itself as the body, of any type: a GeoPackage, a GeoJSON file, a GeoTIFF, …, or a ZIP file of a Shapefile, a File Geodatabase or several rasters. At most ${site.config.limits.uploadBytes} bytes. It is kept for a day.`,
        query: Type.Object({
          filename: Type.String({ minLength: 1, maxLength: 300, description: 'With its ending, which says what it is.' }),
        }),
        answers: { 201: ref(Uploaded) },
        async handler(request, reply) {
          const length = request.headers['content-length'];
          arriving.add(request.raw);
          try {
            const { filename } = request.query;
            const upload = await site.uploads.save(
              request.raw,
              filename,
              callerOf(request).userId,
              length === undefined ? null : Number(length),
            );
            return reply.code(201).send(upload);
          } catch (error) {
            if (error instanceof UploadRefused) {
              // What has not arrived is not waited for.
              reply.header('Connection', 'close');
              throw new HttpError(STATUS[error.reason], error.message);
            }
            // The sender has gone.
            if (request.raw.destroyed) throw new HttpError(400, 'The file did not arrive as a whole. Upload it again.');
            throw error;
          } finally {
            arriving.delete(request.raw);
          }
        },
      }),
    });
  });
  resource(app, '/site/uploads/:upload/', {
    DELETE: operation({
      scope: 'admin',
      summary: 'Remove an upload',
      params: Type.Object({ upload: Key }),
      answers: { 204: 'It is gone.' },
      async handler(request, reply) {
        const { dir } = await findUpload(request, request.params.upload);
        if (site.publishing.isBusy(dir)) throw new HttpError(409, 'This upload is being published. Cancel that first.');
        await site.uploads.remove(dir);
        return reply.code(204).send();
      },
    }),
  });
  resource(app, '/site/publish/', {
    GET: operation({
      scope: 'admin',
      summary: 'List what is being published',
      description: 'Your own, newest first, since this server was started.',
      answers: { 200: Type.Array(ref(Publishing)) },
      handler: (request) => site.publishing.list(callerOf(request).userId).map((job) => publishing(siteAddress(site, request), job)),
    }),
    POST: operation({
      scope: 'admin',
      summary: 'Publish an upload',
      description:
        'As `geocrate publish` would; one upload after the other. What cannot be published is told in `sentences`, and may be tried again.',
      body: ref(PublishRequest),
      answers: { 202: ref(Publishing) },
      async handler(request, reply) {
        const body = checked(PublishRequest, request.body);
        const { upload, crop_layer, name_field, layer, license, id, ...rest } = body;
        const { dir, file } = await findUpload(request, upload);
        if (site.publishing.isBusy(dir)) throw new HttpError(409, 'This upload is being published already.');
        if (license !== undefined) readLicense(license);
        const job = site.publishing.start(callerOf(request).userId, {
          dir,
          file,
          maxBytes: UNPACKED_TIMES * site.config.limits.uploadBytes,
          options: {
            ...rest,
            ...(id === undefined ? {} : { id }),
            ...(license === undefined ? {} : { license }),
            ...(crop_layer ? { cropLayer: true } : {}),
            ...(name_field === undefined ? {} : { nameField: name_field }),
            ...(layer === undefined ? {} : { layers: [layer] }),
          },
        });
        const answer = publishing(siteAddress(site, request), job);
        return reply.code(202).header('Location', answer.url).send(answer);
      },
    }),
  });
  resource(app, '/site/publish/:job/', {
    GET: operation({
      scope: 'admin',
      summary: 'Get what is being published',
      params: Type.Object({ job: Key }),
      answers: { 200: ref(Publishing) },
      handler: (request) => publishing(siteAddress(site, request), findJob(request, request.params.job)),
    }),
    DELETE: operation({
      scope: 'admin',
      summary: 'Cancel publishing',
      params: Type.Object({ job: Key }),
      answers: { 200: ref(Publishing) },
      handler(request) {
        const job = findJob(request, request.params.job);
        if (!site.publishing.cancel(job.id)) throw new HttpError(409, 'This has ended already.');
        return publishing(siteAddress(site, request), job);
      },
    }),
  });
  resource(app, '/site/publish/:job/events/', {
    GET: operation({
      scope: 'admin',
      summary: 'Follow publishing',
      description: 'Server-sent events: `publishing` with all of it after each change; the stream ends with the last.',
      params: Type.Object({ job: Key }),
      answers: { 200: { description: 'A stream of events.', type: 'text/event-stream' } },
      accepts: 'text/event-stream',
      handler: (request, reply) => follow(request, reply, findJob(request, request.params.job)),
    }),
  });
  resource(app, '/site/data/:id/', {
    PATCH: operation({
      scope: 'admin',
      summary: 'Edit what is said of a layer or a table',
      description: 'Only what is sent changes. `license: null` takes the licence away.',
      params: Type.Object({ id: Id }),
      body: ref(DataEdit),
      answers: { 200: ref(Edited) },
      async handler(request) {
        const { license, ...edit } = checked(DataEdit, request.body);
        const said = license === undefined ? {} : { license: license === null ? null : readLicense(license) };
        const { id } = request.params;
        if (!(await editDataset(site.db, id, { ...edit, ...said }))) throw notFound('layer or table');
        const dataset = await loadDataset(site.db, id);
        if (!dataset) throw notFound('layer or table');
        const { title, description, tags } = dataset;
        const url = resourceUrl(siteAddress(site, request), `/${datasetType(dataset.kind)}s/${id}/`);
        return { id, url, title, description, tags, license: dataset.license?.title ?? null };
      },
    }),
  });

  async function findUpload(request: FastifyRequest, id: string) {
    const found = await site.uploads.find(id, callerOf(request).userId);
    if (!found) throw new HttpError(404, 'There is no such upload, or no longer. Upload the file again.');
    return found;
  }

  function findJob(request: FastifyRequest, id: string): PublishJob {
    const job = site.publishing.find(id, callerOf(request).userId);
    if (!job) throw new HttpError(404, 'Nothing of that id is being published.');
    return job;
  }

  function follow(request: FastifyRequest, reply: FastifyReply, job: PublishJob): void {
    const address = siteAddress(site, request);
    reply.hijack();
    const { raw } = reply;
    // A client that has gone meanwhile is not heard to go.
    if (raw.destroyed) return;
    const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    raw.writeHead(200, headers as Record<string, string>);
    if (request.method === 'HEAD') {
      raw.end();
      return;
    }
    raw.write('retry: 2000\n\n');
    heartbeat.add(raw);
    const tell = () => {
      raw.write(`event: publishing\ndata: ${JSON.stringify(publishing(address, job))}\n\n`);
      if (isFinal(job) || site.publishing.closed) raw.end();
    };
    const unwatch = site.publishing.watch(job.id, tell);
    raw.once('close', unwatch);
    tell();
  }
}

function readLicense(name: string): NewLicense {
  const license = findLicense(name);
  if ('message' in license) throw new HttpError(400, license.message);
  return license;
}

function publishing(address: SiteAddress, job: PublishJob): Static<typeof Publishing> {
  const url = `${address.origin}/site/publish/${job.id}/`;
  return {
    id: job.id,
    url,
    events_url: `${url}events/`,
    title: job.title,
    created_at: timestamp(job.createdAt),
    finished_at: job.finishedAt && timestamp(job.finishedAt),
    state: job.state,
    stage: job.stage,
    progress: job.progress,
    sentences: job.sentences,
    published: job.published.flatMap(({ kind: word, ...dataset }) => {
      const kind = KINDS.find((one) => one === word);
      return kind ? [{ ...dataset, kind, url: resourceUrl(address, `/${datasetType(kind)}s/${dataset.id}/`) }] : [];
    }),
  };
}
