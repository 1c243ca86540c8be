import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, api, dataOf, may, session } from '../api/client.ts';
import { KINDS, type Kind } from '../api/resources.ts';
import { percent, size } from '../locale.ts';
import { texts } from '../texts.ts';
import { FileButton, useFileDrop } from '../ui/filedrop.tsx';
import { PageTitle } from '../ui/page.tsx';
import { Empty, FieldErrors } from '../ui/states.tsx';
import { type About, AboutFields, tagsOf } from './about.tsx';
import { JobList } from './joblist.tsx';
import { knowJob } from './jobs.ts';
import { type Upload, uploadFile } from './upload.ts';

const t = texts.publish;

/** The publisher's corner: a file is uploaded, described and published. */
export function PublishPage() {
  const [upload, setUpload] = useState<Upload | null>(null);
  if (!may('admin')) {
    return (
      <>
        <PageTitle title={t.title} />
        <Empty icon="upload" title={t.notAllowed}>
          <p>{t.notAllowedHint}</p>
        </Empty>
      </>
    );
  }
  return (
    <div class="publish">
      <div>
        <PageTitle title={t.title} />
        <p class="lead">{t.lead}</p>
      </div>
      {upload ? <Describe key={upload.id} upload={upload} done={() => setUpload(null)} /> : <ChooseFile take={setUpload} />}
      <JobList />
    </div>
  );
}

function ChooseFile({ take }: { take: (upload: Upload) => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, setSending] = useState<{ name: string; bytes: number; fraction: number } | null>(null);
  const controller = useRef(new AbortController());
  useEffect(() => () => controller.current.abort(), []);
  async function send(file: File): Promise<void> {
    setProblem(null);
    const limit = session.value?.limits.upload_bytes ?? 0;
    if (file.size > limit) {
      setProblem(t.tooLarge(size(limit)));
      return;
    }
    controller.current = new AbortController();
    const { signal } = controller.current;
    const show = (fraction: number) => setSending({ name: file.name, bytes: file.size, fraction });
    show(0);
    try {
      take(await uploadFile(file, show, signal));
    } catch (error) {
      if (!signal.aborted) setProblem(error instanceof ApiError ? error.message : texts.errors.unknown);
      setSending(null);
    }
  }
  const drop = useFileDrop(send);
  return (
    <section class={`panel drop ${drop.over ? 'paste-over' : ''}`} aria-labelledby="choose-file" {...drop.listeners}>
      <h2 id="choose-file">{t.upload}</h2>
      <p class="hint">{t.uploadHint(size(session.value?.limits.upload_bytes ?? 0))}</p>
      {sending ? (
        <div class="progress">
          <progress max={1} value={sending.fraction} aria-label={t.uploading(sending.name)} />
          <p class="progress-text">
            <bdi>{sending.name}</bdi>
            <span class="meta">
              {percent(sending.fraction)} · {size(sending.bytes)}
            </span>
          </p>
          <button type="button" class="button button-small" onClick={() => controller.current.abort()}>
            {texts.exports.cancel}
          </button>
        </div>
      ) : (
        <FileButton icon="upload" look="button-primary" describedBy="upload-errors" take={send}>
          {t.choose}
        </FileButton>
      )}
      <FieldErrors id="upload-errors" sentences={problem === null ? [] : [problem]} />
    </section>
  );
}

function Describe({ upload, done }: { upload: Upload; done: () => void }) {
  const [about, setAbout] = useState<About>({ title: titleOf(upload.filename), description: '', license: '', tags: '' });
  const [kind, setKind] = useState<Kind | ''>('');
  const [id, setId] = useState('');
  const [crs, setCrs] = useState('');
  const [cropLayer, setCropLayer] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  async function publish(event: Event): Promise<void> {
    event.preventDefault();
    if (!/^\d*$/.test(id.trim())) {
      setProblem(t.noNumber);
      return;
    }
    setBusy(true);
    setProblem(null);
    const body = {
      upload: upload.id,
      ...(about.title.trim() === '' ? {} : { title: about.title.trim() }),
      ...(about.description.trim() === '' ? {} : { description: about.description.trim() }),
      ...(about.license === '' ? {} : { license: about.license }),
      ...(about.tags.trim() === '' ? {} : { tags: tagsOf(about.tags) }),
      ...(kind === '' ? {} : { kind }),
      ...(id.trim() === '' ? {} : { id: Number(id) }),
      ...(crs.trim() === '' ? {} : { crs: crs.trim().toUpperCase() }),
      ...(cropLayer ? { crop_layer: true } : {}),
    };
    try {
      knowJob(await dataOf(api.POST('/site/publish/', { body })));
      done();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : texts.errors.unknown);
      setBusy(false);
    }
  }
  async function discard(): Promise<void> {
    await api.DELETE('/site/uploads/{upload}/', { params: { path: { upload: upload.id } } }).catch(() => undefined);
    done();
  }
  return (
    <form class="panel stack" onSubmit={publish}>
      <h2 ref={heading} tabIndex={-1}>
        {t.describe} <bdi>{upload.filename}</bdi> <span class="count">{size(upload.bytes)}</span>
      </h2>
      <AboutFields about={about} change={setAbout} noLicense={t.noLicense} />
      <details class="more-options">
        <summary>{t.more}</summary>
        <div class="stack">
          <label class="field">
            <span class="label">{texts.catalogue.kind}</span>
            <select value={kind} onChange={(event) => setKind(KINDS.find((one) => one === event.currentTarget.value) ?? '')}>
              <option value="">{t.anyKind}</option>
              {KINDS.map((one) => (
                <option key={one} value={one}>
                  {texts.kinds[one]}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span class="label">{t.versionOf}</span>
            <input
              type="text"
              inputMode="numeric"
              value={id}
              placeholder={t.versionOfHint}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span class="label">{texts.crs.title}</span>
            <input type="text" value={crs} placeholder={t.crsHint} onInput={(event) => setCrs(event.currentTarget.value)} />
          </label>
          <label class="switch">
            <input type="checkbox" checked={cropLayer} onChange={(event) => setCropLayer(event.currentTarget.checked)} />
            <span>{t.cropLayer}</span>
          </label>
        </div>
      </details>
      <FieldErrors id="publish-errors" sentences={problem === null ? [] : [problem]} />
      <div class="row">
        <button type="submit" class="button button-primary" disabled={busy}>
          {t.action}
        </button>
        <button type="button" class="button" onClick={discard}>
          {t.discard}
        </button>
      </div>
    </form>
  );
}

/** `akl_parcels-2024.gpkg` → `akl parcels 2024`. */
function titleOf(filename: string): string {
  return filename
    .replace(/(\.\w{1,7})+$/, '')
    .replace(/[_-]+/g, ' ')
    .trim();
}
