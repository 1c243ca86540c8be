import type { Config } from '../config.ts';
import { type MonitorAnswer, openMonitor } from '../monitor/listener.ts';
import { CliError } from './failure.ts';
import type { OpenSite } from './site.ts';

/**
 * Opens what GEOCRATE_MONITOR asks for, and says where.
 * @throws {CliError} when its address cannot be had.
 */
export async function monitorSite({ monitor }: Config, site: OpenSite): Promise<{ close(): void }> {
  if (!monitor) return { close() {} };
  const paths: Record<string, () => Promise<MonitorAnswer>> = {
    '/metrics': async () => {
      const { type, text } = await site.metrics.text();
      return { status: 200, type, body: text };
    },
    '/healthz': async () => json(200, { alive: true }),
    '/readyz': async () => {
      const answer = await site.ready.look();
      return json(answer.ready ? 200 : 503, answer);
    },
  };
  const opened = await openMonitor(monitor, paths).catch((error: Error) => {
    throw new CliError(`GEOCRATE_MONITOR asks for ${monitor.host}:${monitor.port}, which cannot be had: ${error.message}.`);
  });
  process.stdout.write(`Monitored at ${opened.url}\n`);
  return opened;
}

function json(status: number, body: object): MonitorAnswer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}
