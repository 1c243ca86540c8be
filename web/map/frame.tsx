import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import type { LibreMap } from './create.ts';

interface Props {
  label: string;
  /** Puts on the map what it is for; what it gives back is called when the map goes. */
  ready: (map: LibreMap) => Promise<() => void>;
  children?: ComponentChildren;
  class?: string;
}

/** A map, loaded when it is shown. Where there can be none, says so and what works without it. */
export function MapFrame({ label, ready, children, class: name = '' }: Props) {
  const container = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');
  useEffect(() => {
    const controller = new AbortController();
    let done: (() => void) | undefined;
    const show = async () => {
      // What the page shows without a map comes first.
      await idle();
      const { createMap } = await import('./create.ts');
      if (controller.signal.aborted || !container.current) return;
      const map = await createMap(container.current, label, controller.signal);
      if (controller.signal.aborted) return;
      done = await ready(map);
      if (controller.signal.aborted) done();
      else setState('ready');
    };
    show().catch((error: unknown) => {
      if (controller.signal.aborted) return;
      console.warn(error);
      setState('failed');
    });
    return () => {
      done?.();
      controller.abort();
    };
  }, []);
  return (
    <div class={`map-frame ${name}`} data-state={state} role="group" aria-label={label}>
      <div class="map" ref={container} />
      {state === 'loading' && (
        <p class="map-note" role="status">
          {texts.map.loading}
        </p>
      )}
      {state === 'failed' && (
        <p class="map-note">
          <Icon name="map" /> {texts.map.failed}
        </p>
      )}
      {state === 'ready' && children}
    </div>
  );
}

function idle(): Promise<void> {
  return new Promise((resolve) => requestIdleCallback(() => resolve(), { timeout: 300 }));
}
