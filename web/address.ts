import { computed, signal } from '@preact/signals';
import { routeOf } from './router.ts';
import { base, to } from './sitepath.ts';

const here = signal(read());
/** How long the place is looked for where a reader was before. */
const MOST_WAITED_MS = 5000;

export const route = computed(() => routeOf(here.value.path));
export const search = computed(() => here.value.search);
export const hash = computed(() => here.value.hash);

/** Goes to an address of this page; the reader can go back. */
export function go(address: string): void {
  keepPlace();
  history.pushState(null, '', to(address));
  here.value = read();
  window.scrollTo(0, 0);
}

/** Remembers how far an address was scrolled, for whoever comes back to it. */
function keepPlace(): void {
  history.replaceState({ scrolled: window.scrollY }, '');
}

/** Scrolls to where the reader was, as soon as the page is long enough again; a reader who scrolls meanwhile leads. */
function findPlace(): void {
  const { scrolled }: { scrolled?: unknown } = Object(history.state);
  if (typeof scrolled !== 'number' || scrolled === 0) return;
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort();
  const timer = setTimeout(end, MOST_WAITED_MS);
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < scrolled + window.innerHeight) return;
    window.scrollTo(0, scrolled);
    end();
  });
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    observer.disconnect();
  });
  for (const input of ['wheel', 'touchmove', 'keydown', 'popstate']) window.addEventListener(input, end, { signal });
  observer.observe(document.body);
}

/** Makes the address say what is shown, without a step to go back to. */
export function replaceAddress(address: string): void {
  history.replaceState(history.state, '', to(address));
  here.value = read();
}

function read() {
  return { path: location.pathname.slice(base.length), search: location.search, hash: location.hash };
}

/** Links of the page change what is shown without loading it again; those for new windows and files stay as they are. */
export function followAddresses(): void {
  const reread = () => {
    here.value = read();
  };
  // What a page shows comes from the server, and is not there yet when a browser would look for the place.
  history.scrollRestoration = 'manual';
  window.addEventListener('scrollend', keepPlace);
  window.addEventListener('popstate', () => {
    reread();
    findPlace();
  });
  findPlace();
  window.addEventListener('hashchange', reread);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.hash !== '' && link.pathname === location.pathname && !link.hash.includes('=')) return;
    if (!link.pathname.startsWith(`${base}/`)) return;
    const path = link.pathname.slice(base.length);
    if (routeOf(path).page === 'unknown') return;
    event.preventDefault();
    go(path + link.search + link.hash);
  });
}
