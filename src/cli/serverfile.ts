import { join } from 'node:path';
import type { Config } from '../config.ts';

/** Where commands on this machine find the server that has this data directory. */
export function serverFile(config: Pick<Config, 'dataDir'>): string {
  return join(config.dataDir, 'server-url');
}
