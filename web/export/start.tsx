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
import { isTooComplex } from './areageometry.ts';
import { check, checkAgain, checkFailed, checking, problems, request, verdict } from './check.ts';
import { change, draft } from './draft.ts';
import { Findings, showFirstProblem } from './findings.tsx';
import { encodeDraft } from './share.ts';

const t = texts.start;

function share(): void {
  if (isTooComplex.value) toast(texts.area.simplifyFirst, 'failed');
  else void copyText(`${location.origin}${to('/export/')}#${encodeDraft(draft.value)}`, t.shared);
}

/** What it will come to, and the button that starts it. */
export function StartBar() {
  const [pressed, setPressed] = useState(false);
  const body = request.value;
  // Whoever presses before all items are known has the export started once they are.
  useEffect(() => {
    if (pressed && body) void start(body);
  }, [pressed, body === null]);
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
      showFirstProblem();
    }
  }
  function press(): void {
    if (verdict.value?.is_valid !== false || checking.value) {
      setPressed(true);
      return;
    }
    toast(t.fixFirst, 'failed');
    showFirstProblem();
  }
  return (
    <div class="start-bar">
      <div class="start-state" role="status" aria-busy={checking.value}>
        <Estimate />
      </div>
      <Findings />
      <button type="button" class="button" aria-label={t.share} onClick={share}>
        <Icon name="share" size={18} /> <span class="button-text">{t.share}</span>
      </button>
      <button type="button" class="button button-primary button-large" aria-disabled={pressed} onClick={press}>
        <Icon name="download" /> {pressed ? t.busy : t.action}
      </button>
    </div>
  );
}

/** How large the archive will be and when it is ready, once the server has looked at a request without a fault. */
function Estimate() {
  const now = verdict.value;
  if (checkFailed.value) {
    return (
      <span class="state-error">
        <Icon name="error" size={18} />
        <span>
          {checkFailed.value.message}{' '}
          <button type="button" class="link-button" onClick={checkAgain}>
            {texts.tryAgain}
          </button>
        </span>
      </span>
    );
  }
  if (!now) return <span class="meta">{texts.loading}</span>;
  if (!now.is_valid) return <span class="hidden">{t.findings(problems().length, now.warnings.length)}</span>;
  return (
    <>
      <span class="estimate">
        <strong>{t.size(size(now.size_estimate_zipped))}</strong>
        <span class="meta">{t.time(duration(now.seconds_estimate))}</span>
      </span>
      {now.warnings.length > 0 && <span class="hidden">{t.findings(0, now.warnings.length)}</span>}
    </>
  );
}
