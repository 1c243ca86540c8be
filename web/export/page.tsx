import { useEffect } from 'preact/hooks';
import { hash, replaceAddress } from '../address.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { PageTitle } from '../ui/page.tsx';
import { Empty } from '../ui/states.tsx';
import { AreaSection } from './area.tsx';
import { AreaMap } from './areamap.tsx';
import { checkWhileShown } from './check.ts';
import { RequestAsCode } from './code.tsx';
import { CrsSection } from './crs.tsx';
import { draft } from './draft.ts';
import { FormatsSection } from './formatchoice.tsx';
import { ItemsSection } from './itemlist.tsx';
import { OptionsSection } from './options.tsx';
import { decodeDraft } from './share.ts';
import { StartBar } from './start.tsx';

const t = texts.export;

/** The export dialogue. Settings that came with the address take the place of those that were there. */
export function ExportPage() {
  useEffect(() => {
    const shared = decodeDraft(hash.value);
    if (!shared) return;
    draft.value = shared;
    replaceAddress('/export/');
  }, [hash.value]);
  useEffect(checkWhileShown, []);
  if (draft.value.items.length === 0) {
    return (
      <>
        <PageTitle title={t.title} />
        <Empty icon="crate" title={t.empty}>
          <p>{t.emptyHint}</p>
          <a class="button button-primary" href={to('/')}>
            <Icon name="search" size={18} /> {t.find}
          </a>
        </Empty>
      </>
    );
  }
  return (
    <div class="export">
      <div class="export-head">
        <PageTitle title={t.title} />
        <p class="lead">{t.lead}</p>
      </div>
      <ItemsSection />
      <AreaMap />
      <AreaSection />
      <FormatsSection />
      <CrsSection />
      <OptionsSection />
      <RequestAsCode />
      <StartBar />
    </div>
  );
}
