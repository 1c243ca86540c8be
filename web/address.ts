import { computed, signal } from '@preact/signals';
import { routeOf } from './router.ts';
import { base, to } from './sitepath.ts';

const here = signal(read());

export const route = computed(() => routeOf(here.value.path));
export const search = computed(() => here.value.search);
export const hash = computed(() => here.value.hash);

/** Goes to an address of this page; the reader can go back. */
export function go(address: string): void {
  history.pushState(null, '', to(address));
  here.value = read();
  window.scrollTo(0, 0);
}

/** Makes the address say what is shown, without a step to go back to. */
export function replaceAddress(address: string): void {
  history.replaceState(null, '', to(address));
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
  window.addEventListener('popstate', reread);
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
