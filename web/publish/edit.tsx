import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, api, dataOf } from '../api/client.ts';
import type { DataDetail } from '../api/resources.ts';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { FieldErrors } from '../ui/states.tsx';
import { toast } from '../ui/toasts.tsx';
import { type About, AboutFields, tagsOf } from './about.tsx';

const t = texts.publish;

/** Changes what is said of a layer or table. */
export function EditDialog({ detail, close }: { detail: DataDetail; close: (changed: boolean) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { title, description, tags } = detail;
  const [about, setAbout] = useState<About>({ title, description, tags: tags.join(', '), license: '' });
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  async function save(event: Event): Promise<void> {
    event.preventDefault();
    setProblem(null);
    const body = {
      title: about.title.trim(),
      description: about.description.trim(),
      tags: tagsOf(about.tags),
      ...(about.license === '' ? {} : { license: about.license }),
    };
    try {
      await dataOf(api.PATCH('/site/data/{id}/', { params: { path: { id: detail.id } }, body }));
      toast(t.saved);
      close(true);
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : texts.errors.unknown);
    }
  }
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="edit-title" onClose={() => close(false)}>
      <div class="dialog-head">
        <h2 id="edit-title">{t.edit}</h2>
        <button type="button" class="icon-button" aria-label={texts.close} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <form class="stack" onSubmit={save}>
        <AboutFields about={about} change={setAbout} noLicense={t.keepLicense(detail.license?.title ?? texts.item.noLicense)} />
        <FieldErrors id="edit-errors" sentences={problem === null ? [] : [problem]} />
        <button type="submit" class="button button-primary">
          {t.save}
        </button>
      </form>
    </dialog>
  );
}
