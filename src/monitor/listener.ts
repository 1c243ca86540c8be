import { createServer, type Server } from 'node:http';

/** What a path of the monitor answers. */
export interface MonitorAnswer {
  status: number;
  type: string;
  body: string;
}

/**
 * Answers GET on a few paths, without a token, on a port of its own: for probes and for Prometheus, on a network that strangers do not reach.
 * A worker has no other.
 * @param paths by their path, each giving the answer.
 * @throws where the address cannot be had.
 */
export async function openMonitor(
  { host, port }: { host: string; port: number },
  paths: Readonly<Record<string, () => Promise<MonitorAnswer>>>,
): Promise<{ url: string; close(): void }> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = Object.hasOwn(paths, path) && request.method === 'GET' ? paths[path] : undefined;
    if (!answer) {
      response.writeHead(404).end();
      return;
    }
    answer().then(
      ({ status, type, body }) => response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    url: urlOf(server, host),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
