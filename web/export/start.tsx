import { useEffect, useState } from 'preact/hooks';
import { go } from '../address.ts';
import { ApiError, api, dataOf } from '../api/client.ts';
import type { ExportRequest } from '../api/resources.ts';
import { duration, size } from '../locale.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { copyText } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { toast } from '../ui/toasts.tsx';
import { check, checkFailed, checking, request, verdict } from './check.ts';
import { change, draft } from './draft.ts';
import { unavailable } from './items.ts';
import { itemKey } from './request.ts';
import { encodeDraft } from './share.ts';

const t = texts.start;

/** What it will come to, and the button that starts it. */
export function StartBar() {
  const [pressed, setPressed] = useState(false);
  const body = request.value;
  const missing = draft.value.items.some((item) => unavailable.value.has(itemKey(item)));
  // Whoever presses before all items are known has the export started once they are.
  useEffect(() => {
    if (!pressed) return;
    if (missing) refuse();
    else if (body) void start(body);
  }, [pressed, missing, body === null]);
  async function start(body: ExportRequest): Promise<void> {
    try {
      const made = await dataOf(
        api.POST('/services/api/v1/exports/', { body, params: { header: { 'Idempotency-Key': crypto.randomUUID() } } }),
      );
      change({ items: [], area: null, name: '' });
      go(`/exports/${made.id}/`);
    } catch (error) {
      setPressed(false);
      // The verdict that came instead is shown beside the fields.
      await check(body, new AbortController().signal);
      toast(error instanceof ApiError && error.status !== 400 ? error.message : t.fixFirst, 'failed');
    }
  }
  function refuse(): void {
    setPressed(false);
    toast(t.fixFirst, 'failed');
    showProblem();
  }
  function press(): void {
    if (verdict.value?.is_valid === false && !checking.value) refuse();
    else setPressed(true);
  }
  return (
    <div class="start-bar">
      <div class="start-state" role="status" aria-busy={checking.value}>
        <Estimate />
      </div>
      <button
        type="button"
        class="button"
        aria-label={t.share}
        onClick={() => copyText(`${location.origin}${to('/export/')}#${encodeDraft(draft.value)}`, t.shared)}
      >
        <Icon name="share" size={18} /> <span class="button-text">{t.share}</span>
      </button>
      <button type="button" class="button button-primary button-large" aria-disabled={pressed} onClick={press}>
        <Icon name="download" /> {pressed ? t.busy : t.action}
      </button>
    </div>
  );
}

/** Goes to the first field that has something said about it, so that it and what is said are in view. */
function showProblem(): void {
  const sentence = document.querySelector('.export .field-errors:not(:empty)');
  const field = document.querySelector<HTMLElement>('.export [aria-invalid="true"], .export .has-error a, .export .area-set button');
  field?.focus({ preventScroll: true });
  sentence?.scrollIntoView({ block: 'center' });
}

function Estimate() {
  const now = verdict.value;
  if (checkFailed.value) return <span class="state-error">{checkFailed.value.message}</span>;
  if (!now) return <span class="meta">{texts.loading}</span>;
  const problems = Object.values(now.errors).flat().length;
  if (!now.is_valid) {
    return (
      <span class="state-error">
        <Icon name="error" size={18} />
        <span>
          {t.problems(problems)}{' '}
          <button type="button" class="link-button" onClick={showProblem}>
            {t.showProblem}
          </button>
        </span>
      </span>
    );
  }
  return (
    <>
      <span class="estimate">
        <strong>{t.size(size(now.size_estimate_zipped))}</strong>
        <span class="meta">{t.time(duration(now.seconds_estimate))}</span>
      </span>
      {now.warnings.map((warning) => (
        <span key={warning} class="state-warning">
          <Icon name="warning" size={16} /> {warning}
        </span>
      ))}
    </>
  );
}
