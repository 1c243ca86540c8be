import { useState } from 'preact/hooks';
import { go } from '../address.ts';
import { api, dataOf, may } from '../api/client.ts';
import type { DataDetail, ItemType } from '../api/resources.ts';
import { ChooseButton, kindIcon } from '../catalogue/entry.tsx';
import { addItem } from '../export/draft.ts';
import { formatAbout } from '../export/formats.ts';
import { loadDetail, remember } from '../export/items.ts';
import { useLoading } from '../loading.ts';
import { ago, count, dateTime, decimal } from '../locale.ts';
import { EditDialog } from '../publish/edit.tsx';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Snippet } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { PageTitle } from '../ui/page.tsx';
import { Failed, Waiting } from '../ui/states.tsx';
import { directLink } from './curl.ts';
import { LayerPreview, SampleRows } from './preview.tsx';

const t = texts.item;

/** All that is known of a layer or table. */
export function ItemPage({ type, id }: { type: ItemType; id: number }) {
  const [turn, setTurn] = useState(0);
  const [editing, setEditing] = useState(false);
  const result = useLoading(
    async (signal) => {
      const detail = await loadDetail(type, id, signal);
      remember(detail);
      return detail;
    },
    [type, id, turn],
  );
  if (result.state === 'failed') {
    return (
      <>
        <PageTitle title={t.notHere} />
        <Failed error={result.error} again={result.again} />
      </>
    );
  }
  if (result.state === 'loading') return <Waiting lines={8} page />;
  const detail = result.value;
  return (
    <article class="item">
      {editing && (
        <EditDialog
          detail={detail}
          close={(changed) => {
            setEditing(false);
            if (changed) setTurn(turn + 1);
          }}
        />
      )}
      <nav class="breadcrumb" aria-label={t.breadcrumb}>
        <a href={to('/')}>{texts.catalogue.title}</a>
      </nav>
      <div class="item-head">
        <span class={`kind-mark kind-mark-large kind-${detail.kind}`}>
          <Icon name={kindIcon(detail.kind)} size={28} />
        </span>
        <div class="item-title">
          <PageTitle title={detail.title} />
          <p class="meta">
            <span>{texts.kinds[detail.kind]}</span>
            <time datetime={detail.published_at} title={dateTime(detail.published_at)}>
              {texts.catalogue.updated(ago(detail.published_at))}
            </time>
            {detail.license && <span>{licenseName(detail)}</span>}
          </p>
        </div>
        <div class="item-actions">
          <button
            type="button"
            class="button button-primary"
            onClick={() => {
              addItem(type, id);
              go('/export/');
            }}
          >
            <Icon name="download" /> {t.export}
          </button>
          <ChooseButton type={type} id={id} title={detail.title} large />
          {may('admin') && (
            <button type="button" class="button" onClick={() => setEditing(true)}>
              <Icon name="edit" /> {texts.publish.edit}
            </button>
          )}
        </div>
      </div>
      <div class="item-columns">
        <div class="item-main stack-large">
          <section aria-labelledby="about">
            <h2 id="about">{t.about}</h2>
            {/* As text: nothing that a publisher wrote is markup here. */}
            {detail.description.trim() === '' ? (
              <p class="meta">{t.noDescription}</p>
            ) : (
              detail.description.split(/\n\s*\n/).map((paragraph, index) => (
                <p key={index} class="description">
                  {paragraph.trim()}
                </p>
              ))
            )}
          </section>
          {type === 'layer' && <LayerPreview detail={detail} />}
          <Fields detail={detail} />
          {(detail.kind === 'vector' || detail.kind === 'table') && <SampleRows detail={detail} />}
          <CommandLine detail={detail} />
        </div>
        <aside class="item-side stack-large" aria-label={t.facts}>
          <Facts detail={detail} />
          <Formats detail={detail} />
          <Versions detail={detail} />
        </aside>
      </div>
    </article>
  );
}

function licenseName({ license }: DataDetail): string {
  return license
    ? [license.title, license.version && !license.title.includes(license.version) ? license.version : ''].filter(Boolean).join(' ')
    : '';
}

function Facts({ detail }: { detail: DataDetail }) {
  const { data, license, tags } = detail;
  const { crs } = data;
  const address = license?.url_html ? safeAddress(license.url_html) : undefined;
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">{t.facts}</h2>
      <dl class="facts">
        {data.feature_count !== null && <Fact name={detail.type === 'table' ? t.rows : t.features} value={count(data.feature_count)} />}
        {data.geometry_type && (
          <Fact
            name={texts.catalogue.geometry}
            value={`${texts.geometries[data.geometry_type] ?? data.geometry_type}${data.has_z ? ` ${t.withZ}` : ''}`}
          />
        )}
        {crs && <Fact name={t.crs} value={crs.id === null ? crs.name : `${crs.name} (${crs.id})`} />}
        {data.raster_resolution !== null && <Fact name={t.resolution} value={decimal(data.raster_resolution)} />}
        {data.empty_geometry_count > 0 && <Fact name={t.withoutGeometry} value={count(data.empty_geometry_count)} />}
        {data.primary_key_fields.length > 0 && <Fact name={t.primaryKey} value={data.primary_key_fields.join(', ')} />}
        <div>
          <dt>{texts.catalogue.license}</dt>
          <dd>{address ? <a href={address}>{licenseName(detail)}</a> : licenseName(detail) || t.noLicense}</dd>
        </div>
        <Fact name={t.firstPublished} value={dateTime(detail.first_published_at)} />
        {tags.length > 0 && (
          <div>
            <dt>{t.tags}</dt>
            <dd>
              {tags.map((tag) => (
                <a key={tag} class="tag" href={to(`/?q=${encodeURIComponent(tag)}`)}>
                  {tag}
                </a>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** An address that a publisher gave, when it leads to a page and nowhere else. */
function safeAddress(address: string): string | undefined {
  const url = URL.parse(address);
  return url && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

function Fields({ detail }: { detail: DataDetail }) {
  const { fields } = detail.data;
  const bands = detail.kind !== 'vector' && detail.kind !== 'table';
  if (fields.length === 0) return null;
  return (
    <section aria-labelledby="fields">
      <h2 id="fields">
        {bands ? t.bands : t.fields} <span class="count">{count(fields.length)}</span>
      </h2>
      <div class="table-wrap" role="group" aria-labelledby="fields" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.name}</th>
              <th scope="col">{t.type}</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <tr key={field.name}>
                <th scope="row">
                  <bdi>{field.name}</bdi>
                </th>
                <td>{t.types[field.type] ?? field.type}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Formats({ detail }: { detail: DataDetail }) {
  return (
    <section aria-labelledby="formats">
      <h2 id="formats">{t.formats}</h2>
      <ul class="format-list">
        {detail.data.export_formats.map(({ name, mimetype }) => (
          <li key={mimetype}>
            <strong>{name}</strong>
            <span class="meta">{t.goodFor(formatAbout(mimetype, detail.kind).good)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Versions({ detail }: { detail: DataDetail }) {
  const { type, id } = detail;
  const result = useLoading(
    (signal) => {
      const options = { params: { path: { id }, query: { page_size: 20 } }, signal };
      return dataOf(
        type === 'layer'
          ? api.GET('/services/api/v1/layers/{id}/versions/', options)
          : api.GET('/services/api/v1/tables/{id}/versions/', options),
      );
    },
    [type, id],
  );
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">{t.versions}</h2>
      {result.state === 'loading' && <Waiting lines={2} />}
      {result.state === 'failed' && <Failed error={result.error} again={result.again} />}
      {result.state === 'done' && (
        <ol class="versions" reversed>
          {result.value.map((version) => (
            <li key={version.id}>
              <time datetime={version.published_at}>{dateTime(version.published_at)}</time>{' '}
              <span class="meta">{version.status === 'published' ? t.newest : t.superseded}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function CommandLine({ detail }: { detail: DataDetail }) {
  return (
    <section aria-labelledby="curl">
      <h2 id="curl">{t.commandLine}</h2>
      <p class="hint">{t.commandLineHint}</p>
      <Snippet code={directLink(detail, location.origin + to(''))} label={t.commandLine} />
    </section>
  );
}
