import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { etaSeconds } from '../exports/eta.ts';
import { loadExport } from '../exports/exports.ts';
import { exportResource } from '../exports/resource.ts';
import type { ExportProgress } from '../exports/watch.ts';
import type { Places } from './capacity.ts';
import { own } from './exports.ts';
import { Heartbeat } from './heartbeat.ts';
import { callerOf, Id, operation, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';
import { takeOver } from './takeover.ts';

/**
 * `/exports/:id/events/`: how an export goes on, as server-sent events (the HTML standard, section 9.2).
 * @param places for streams.
 */
export function eventRoutes(app: FastifyInstance, site: Site, places: Places): void {
  const heartbeat = new Heartbeat();
  resource(app, '/exports/:id/events/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'Follow an export',
      description:
        'Server-sent events: `progress` (`progress`, `eta_seconds`, `stages`) whenever that changes, then one `state` with the whole export, after which the stream ends.',
      params: Type.Object({ id: Id }),
      answers: { 200: { description: 'A stream of events.', type: 'text/event-stream' } },
      accepts: 'text/event-stream',
      async handler(request, reply) {
        const { userId } = callerOf(request);
        const { id } = await own(site, request, request.params.id);
        const address = siteAddress(site, request);
        const { raw } = reply;
        // A client that has gone meanwhile is not heard to go.
        if (raw.destroyed) return reply.hijack();
        const leave = places.take();
        reply.hijack();
        const headers = {
          ...(reply.getHeaders() as Record<string, string>),
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        };
        if (request.method === 'HEAD') {
          raw.once('close', leave).writeHead(200, headers).end();
          return reply;
        }
        const stream = takeOver(raw, headers);
        stream.write('retry: 2000\n\n');
        heartbeat.add(stream);
        let last = '';
        const unwatch = site.watcher.watch(id, (now) => {
          if (now === null) stream.end();
          else if (now.state !== 'processing') end().catch(() => stream.end());
          else {
            const data = progressOf(now);
            // Who does not read is told what comes later; it must not heap up here.
            if (data === last || stream.writableNeedDrain) return;
            last = data;
            stream.write(`event: progress\ndata: ${data}\n\n`);
          }
        });
        const end = async () => {
          unwatch();
          const row = await loadExport(site.db, userId, id);
          if (row) stream.write(`event: state\ndata: ${JSON.stringify(exportResource(address, row))}\n\n`);
          stream.end();
        };
        const closed = site.metrics.streaming();
        stream.once('close', () => {
          unwatch();
          closed();
          leave();
        });
        return reply;
      },
    }),
  });
}

/** What was said of a row last: all who follow an export are told the same. */
let told: { row: ExportProgress; text: string } | undefined;

function progressOf(row: ExportProgress): string {
  if (told?.row !== row) told = { row, text: progressText(row) };
  return told.text;
}

function progressText(row: ExportProgress): string {
  const stages = row.stages as { name: string; progress: number }[];
  return JSON.stringify({
    progress: row.progress,
    eta_seconds: etaSeconds(row, Date.now()),
    stages: stages.map(({ name, progress }) => ({ name, progress })),
  });
}
