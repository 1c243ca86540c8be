import { Map as LibreMap, NavigationControl, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { Box } from '../export/geometry.ts';
import { texts } from '../texts.ts';
import { basemap, colors } from './style.ts';

export { LibreMap };

// A file of this site's own: the page's Content-Security-Policy allows no other.
setWorkerUrl(workerUrl);

const darkScheme = matchMedia('(prefers-color-scheme: dark)');
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Makes a map of the world with the site's own basemap. It follows the colour scheme; `signal` ends it. */
export function createMap(container: HTMLElement, label: string, signal: AbortSignal): Promise<LibreMap> {
  const map = new LibreMap({
    container,
    style: basemap(darkScheme.matches),
    center: [10, 20],
    zoom: 0.5,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: true,
    fadeDuration: calm.matches ? 0 : 150,
    locale: { 'Map.Title': label, 'NavigationControl.ZoomIn': texts.map.zoomIn, 'NavigationControl.ZoomOut': texts.map.zoomOut },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right');
  map.addControl(new ScaleControl(), 'bottom-left');
  const recolor = () => {
    for (const { layer, property, value } of colors(darkScheme.matches))
      if (map.getLayer(layer)) map.setPaintProperty(layer, property, value);
  };
  darkScheme.addEventListener('change', recolor, { signal });
  signal.addEventListener('abort', () => map.remove());
  return new Promise((resolve, reject) => {
    map.once('load', () => resolve(map));
    map.once('error', ({ error }) => {
      // A tile that is missing leaves a hole, no more.
      if (!map.isStyleLoaded()) reject(error);
    });
  });
}

/** Shows a box, without a flight where the reader wants no motion. */
export function showBox(map: LibreMap, [west, south, east, north]: Box, animate = true): void {
  const bounds: [[number, number], [number, number]] = [
    [west, Math.max(-85, south)],
    [east, Math.min(85, north)],
  ];
  map.fitBounds(bounds, { padding: 36, maxZoom: 11, animate: animate && !calm.matches, duration: 600 });
}

/** What a map shows, in degrees; no more than once around. */
export function viewOf(map: LibreMap): Box {
  const bounds = map.getBounds();
  const digits = (value: number) => Math.round(value * 1e5) / 1e5;
  const [west, east] = [bounds.getWest(), bounds.getEast()];
  const [south, north] = [digits(Math.max(-90, bounds.getSouth())), digits(Math.min(90, bounds.getNorth()))];
  if (east - west >= 360) return [-180, south, 180, north];
  const turn = Math.floor((west + 180) / 360) * 360;
  return [digits(west - turn), south, digits(east - turn), north];
}
