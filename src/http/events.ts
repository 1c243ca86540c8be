import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { etaSeconds } from '../exports/eta.ts';
import { loadExport } from '../exports/exports.ts';
import { exportResource } from '../exports/resource.ts';
import type { ExportProgress } from '../exports/watch.ts';
import type { Places } from './capacity.ts';
import { own } from './exports.ts';
import { callerOf, Id, operation, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

/** Between two signs of life, which keep proxies from cutting a silent stream. */
const HEARTBEAT_MS = 15_000;

/**
 * `/exports/:id/events/`: how an export goes on, as server-sent events (the HTML standard, section 9.2).
 * @param places for streams.
 */
export function eventRoutes(app: FastifyInstance, site: Site, places: Places): void {
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
        const leave = places.take();
        reply.raw.once('close', leave);
        reply.hijack();
        const { raw } = reply;
        const headers = {
          ...reply.getHeaders(),
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        };
        raw.writeHead(200, headers as Record<string, string>);
        if (request.method === 'HEAD') {
          raw.end();
          return;
        }
        raw.write('retry: 2000\n\n');
        const closed = site.metrics.streaming();
        const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS);
        const finish = () => {
          clearInterval(heartbeat);
          raw.end();
        };
        let last = '';
        const unwatch = site.watcher.watch(id, (now) => {
          if (now === null) finish();
          else if (now.state !== 'processing') end().catch(finish);
          else {
            const data = progressOf(now);
            if (data === last) return;
            last = data;
            raw.write(`event: progress\ndata: ${data}\n\n`);
          }
        });
        const end = async () => {
          unwatch();
          const row = await loadExport(site.db, userId, id);
          if (row) raw.write(`event: state\ndata: ${JSON.stringify(exportResource(address, row))}\n\n`);
          finish();
        };
        raw.once('close', () => {
          clearInterval(heartbeat);
          unwatch();
          closed();
        });
      },
    }),
  });
}

function progressOf(row: ExportProgress): string {
  const stages = row.stages as { name: string; progress: number }[];
  return JSON.stringify({
    progress: row.progress,
    eta_seconds: etaSeconds(row, Date.now()),
    stages: stages.map(({ name, progress }) => ({ name, progress })),
  });
}
