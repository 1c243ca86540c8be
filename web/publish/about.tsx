import { texts } from '../texts.ts';

const t = texts.publish;

/** What a publisher says of a layer or table. */
export interface About {
  title: string;
  description: string;
  /** An SPDX id; '' for none, and while editing for leaving it as it is. */
  license: string;
  /** Separated by commas. */
  tags: string;
}

export function tagsOf(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
}

interface Props {
  about: About;
  change: (about: About) => void;
  /** What no choice of licence means. */
  noLicense: string;
}

export function AboutFields({ about, change, noLicense }: Props) {
  return (
    <>
      <label class="field">
        <span class="label">{t.titleOf}</span>
        <input
          type="text"
          dir="auto"
          required
          maxLength={300}
          value={about.title}
          onInput={(event) => change({ ...about, title: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span class="label">{t.description}</span>
        <textarea
          class="prose"
          dir="auto"
          rows={5}
          maxLength={20_000}
          value={about.description}
          onInput={(event) => change({ ...about, description: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span class="label">{texts.catalogue.license}</span>
        <select value={about.license} onChange={(event) => change({ ...about, license: event.currentTarget.value })}>
          <option value="">{noLicense}</option>
          {Object.entries(t.licenses).map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="label">{t.tags}</span>
        <input
          type="text"
          dir="auto"
          value={about.tags}
          placeholder={t.tagsHint}
          onInput={(event) => change({ ...about, tags: event.currentTarget.value })}
        />
      </label>
    </>
  );
}
