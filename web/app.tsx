import type { ComponentType } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { route } from './address.ts';
import { ApiError, may, session } from './api/client.ts';
import { Catalogue } from './catalogue/page.tsx';
import { followArea } from './export/areageometry.ts';
import { loadItems } from './export/items.ts';
import { ExportPage } from './export/page.tsx';
import { ExportsPage } from './exports/page.tsx';
import { followExports } from './exports/watch.ts';
import { Header } from './header.tsx';
import { ItemPage } from './layer/page.tsx';
import type { Route } from './router.ts';
import { sessionFailed, startSession } from './session/session.ts';
import { SignIn } from './session/signin.tsx';
import { to } from './sitepath.ts';
import { texts } from './texts.ts';
import { countNavigation, PageTitle } from './ui/page.tsx';
import { Empty, Failed, Waiting } from './ui/states.tsx';
import { Toasts } from './ui/toasts.tsx';

export function App() {
  const { user } = session.value ?? {};
  useEffect(() => loadItems(), []);
  useEffect(() => followArea(), []);
  const follows = may('exports:read');
  useEffect(() => (follows ? followExports() : undefined), [user, follows]);
  return (
    <>
      <a class="skip" href="#main">
        {texts.skip}
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <Content />
      </main>
      <Footer />
      <Toasts />
    </>
  );
}

function Content() {
  const here = route.value;
  if (sessionFailed.value) {
    return (
      <>
        <PageTitle title={texts.errors.title} />
        <Failed error={sessionFailed.value} again={startSession} />
      </>
    );
  }
  if (!session.value) return <Waiting page />;
  if (session.value.user === null || here.page === 'sign-in') return <SignIn key="sign-in" />;
  // A page of its own for each address, so that nothing of one is left in the next.
  const key = here.page === 'item' ? `${here.type}${here.id}` : here.page === 'one-export' ? 'exports' : here.page;
  countNavigationOf(key);
  return <Guarded key={key} here={here} />;
}

let shown = '';
function countNavigationOf(key: string): void {
  if (key !== shown) countNavigation();
  shown = key;
}

/** A page, or a way on where it has a fault, or a part of it cannot be loaded: another version of the site may have taken its place. */
function Guarded({ here }: { here: Route }) {
  const [fault] = useErrorBoundary((error) => console.error(error));
  if (!fault) return <Page here={here} />;
  return (
    <>
      <PageTitle title={texts.errors.title} />
      <Failed error={new ApiError(0, texts.errors.unknown)} again={() => location.reload()} action={texts.reload} />
    </>
  );
}

function Page({ here }: { here: Route }) {
  switch (here.page) {
    case 'catalogue':
      return <Catalogue />;
    case 'item':
      return <ItemPage type={here.type} id={here.id} />;
    case 'export':
      return <ExportPage />;
    case 'exports':
    case 'one-export':
      return <ExportsPage />;
    case 'publish':
      return <Later load={() => import('./publish/page.tsx').then((module) => module.PublishPage)} />;
    default:
      return (
        <>
          <PageTitle title={texts.unknown.title} />
          <Empty icon="search" title={texts.unknown.lead}>
            <a class="button button-primary" href={to('/')}>
              {texts.errors.toCatalogue}
            </a>
          </Empty>
        </>
      );
  }
}

/** A page that few readers need, loaded when it is shown. */
function Later({ load }: { load: () => Promise<ComponentType> }) {
  const [Loaded, setLoaded] = useState<ComponentType | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  useEffect(() => {
    load().then((component) => setLoaded(() => component), setFault);
  }, []);
  if (fault !== null) throw fault;
  return Loaded ? <Loaded /> : <Waiting page />;
}

function Footer() {
  return (
    <footer class="footer">
      <p>{texts.footer.about(session.value?.version ?? '')}</p>
      <nav aria-label={texts.footer.label}>
        <a href={to('/docs/')}>{texts.footer.api}</a>
      </nav>
    </footer>
  );
}
