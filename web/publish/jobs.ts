import { signal } from '@preact/signals';
import { api, dataOf } from '../api/client.ts';
import type { components } from '../api/schema.d.ts';
import { to } from '../sitepath.ts';

const RETRY_MS = 2500;

export type Publishing = components['schemas']['Publishing'];

/** What this publisher has published since the server was started, the newest first. */
export const jobs = signal<readonly Publishing[]>([]);

export function isFinal({ state }: Publishing): boolean {
  return state === 'published' || state === 'error' || state === 'cancelled';
}

export function knowJob(job: Publishing): void {
  const isNew = !jobs.value.some(({ id }) => id === job.id);
  jobs.value = isNew ? [job, ...jobs.value] : jobs.value.map((one) => (one.id === job.id ? job : one));
}

/** Loads them. */
export async function loadJobs(abort?: AbortSignal): Promise<void> {
  jobs.value = await dataOf(api.GET('/site/publish/', abort ? { signal: abort } : {}));
}

/** Keeps a job up to date until it has ended. */
export function followJob(id: string): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(to(`/site/publish/${id}/events/`));
    source.addEventListener('publishing', ({ data }: MessageEvent<string>) => {
      const job: Publishing = JSON.parse(data);
      knowJob(job);
      if (isFinal(job)) source.close();
    });
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return;
      // After an answer that is no stream: a server that was started anew knows no job of the one before.
      loadJobs().catch(() => undefined);
      timer = setTimeout(open, RETRY_MS);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
