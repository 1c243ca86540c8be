import { useEffect, useState } from 'preact/hooks';
import { ApiError, api, dataOf } from '../api/client.ts';
import { itemAddress } from '../catalogue/entry.tsx';
import { dateTime, percent } from '../locale.ts';
import { texts } from '../texts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { toast } from '../ui/toasts.tsx';
import { followJob, isFinal, jobs, knowJob, loadJobs, type Publishing } from './jobs.ts';

const t = texts.publish;
const ICONS: Readonly<Record<Publishing['state'], IconName>> = {
  waiting: 'clock',
  running: 'clock',
  published: 'check',
  error: 'error',
  cancelled: 'stop',
};
/** The marks of exports in the same state. */
const LIKE = { waiting: 'processing', running: 'processing', published: 'complete', error: 'error', cancelled: 'cancelled' } as const;

/** What is being published, and what was. */
export function JobList() {
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    loadJobs(controller.signal).catch((error: unknown) => {
      if (error instanceof ApiError) setFailed(error.message);
    });
    return () => controller.abort();
  }, []);
  const current = jobs.value.findLast((job) => !isFinal(job))?.id;
  useEffect(() => (current === undefined ? undefined : followJob(current)), [current]);
  if (failed !== null) return <p class="notice notice-error">{failed}</p>;
  if (jobs.value.length === 0) return null;
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">{t.jobs}</h2>
      <ul class="cards">
        {jobs.value.map((job) => (
          <Job key={job.id} job={job} />
        ))}
      </ul>
    </section>
  );
}

function Job({ job }: { job: Publishing }) {
  const { id, title, state, stage, progress, sentences, published, created_at: created } = job;
  async function cancel(): Promise<void> {
    try {
      knowJob(await dataOf(api.DELETE('/site/publish/{job}/', { params: { path: { job: id } } })));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : texts.errors.unknown, 'failed');
    }
  }
  return (
    <li class="card">
      <div class="card-head">
        <span class={`state state-${LIKE[state]}`} role="status">
          <Icon name={ICONS[state]} size={18} /> {t.states[state]}
        </span>
        <h3>
          {published.length === 0 && <bdi>{title}</bdi>}
          {published.map((one) => (
            <a key={one.id} href={itemAddress({ type: one.kind === 'table' ? 'table' : 'layer', id: one.id })}>
              <bdi>{one.title}</bdi>
            </a>
          ))}
        </h3>
        <time class="meta" datetime={created}>
          {dateTime(created)}
        </time>
      </div>
      {!isFinal(job) && (
        <div class="progress">
          <progress max={1} value={progress} aria-label={texts.exports.progressOf(title)} />
          <p class="progress-text">
            <span>{t.stages[stage]}</span> <span class="meta">{percent(progress)}</span>
          </p>
          <button type="button" class="button button-small" onClick={cancel}>
            {texts.exports.cancel}
          </button>
        </div>
      )}
      {sentences.length > 0 && (
        <ul class={`bullets ${state === 'error' ? 'state-error-list' : ''}`}>
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </li>
  );
}
