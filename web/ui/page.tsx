import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { session } from '../api/client.ts';

/** The heading of a page: names the window, and takes the focus, so that a screen reader tells of the new page. */
export function PageTitle({ title, children }: { title: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const site = session.value?.site_name ?? 'Geocrate';
  useEffect(() => {
    document.title = `${title} · ${site}`;
  }, [title, site]);
  useLayoutEffect(() => {
    if (navigations > 1) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {title}
      {children}
    </h1>
  );
}

/** Pages shown so far: the first one leaves the focus where the browser put it. */
let navigations = 0;
export function countNavigation(): void {
  navigations++;
}
