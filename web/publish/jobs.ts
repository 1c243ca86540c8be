import { signal } from '@preact/signals';
import { api, dataOf } from '../api/client.ts';
import type { components } from '../api/schema.d.ts';
import { to } from '../sitepath.ts';

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

/** Loads them, and follows the first that has not ended: the others wait for it. */
export async function loadJobs(abort: AbortSignal): Promise<void> {
  jobs.value = await dataOf(api.GET('/site/publish/', { signal: abort }));
}

/** Keeps a job up to date until it has ended. */
export function followJob(id: string): () => void {
  const source = new EventSource(to(`/site/publish/${id}/events/`));
  source.addEventListener('publishing', ({ data }: MessageEvent<string>) => {
    const job: Publishing = JSON.parse(data);
    knowJob(job);
    if (isFinal(job)) source.close();
  });
  return () => source.close();
}
