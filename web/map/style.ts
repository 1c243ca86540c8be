import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { to } from '../sitepath.ts';

interface Palette {
  sea: string;
  land: string;
  border: string;
  coast: string;
  label: string;
  accent: string;
}
const LIGHT: Palette = { sea: '#dbe6ec', land: '#f6f4ef', border: '#b9b4a8', coast: '#a9bac4', label: '#5a6670', accent: '#0b6385' };
const DARK: Palette = { sea: '#131a20', land: '#232c34', border: '#4a5761', coast: '#3b4852', label: '#9fb0bc', accent: '#6cc4e6' };

export function palette(dark: boolean): Palette {
  return dark ? DARK : LIGHT;
}

/** A quiet map of the world: land and borders, from this site alone. */
export function basemap(dark: boolean): StyleSpecification {
  const { sea, land, border, coast, label } = palette(dark);
  return {
    version: 8,
    sources: {
      basemap: { type: 'vector', tiles: [`${location.origin}${to('/site/basemap/{z}/{x}/{y}.mvt')}`], minzoom: 0, maxzoom: 8 },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': sea } },
      { id: 'land', type: 'fill', source: 'basemap', 'source-layer': 'land', paint: { 'fill-color': land } },
      { id: 'coast', type: 'line', source: 'basemap', 'source-layer': 'land', paint: { 'line-color': coast, 'line-width': 0.7 } },
      { id: 'borders', type: 'line', source: 'basemap', 'source-layer': 'borders', paint: { 'line-color': border, 'line-width': 0.8 } },
      {
        id: 'places',
        type: 'symbol',
        source: 'basemap',
        'source-layer': 'places',
        layout: { 'text-field': ['get', 'name'], 'text-size': 11, 'text-font': ['Noto Sans Regular'], 'text-max-width': 8 },
        paint: { 'text-color': label, 'text-halo-color': land, 'text-halo-width': 1.2 },
      },
    ],
  };
}

/** The colours of the basemap's layers, for a scheme that has changed. */
export function colors(dark: boolean): { layer: string; property: 'background-color' | 'fill-color' | 'line-color'; value: string }[] {
  const { sea, land, border, coast } = palette(dark);
  return [
    { layer: 'sea', property: 'background-color', value: sea },
    { layer: 'land', property: 'fill-color', value: land },
    { layer: 'coast', property: 'line-color', value: coast },
    { layer: 'borders', property: 'line-color', value: border },
  ];
}

/** Layers of a map's own colour: outlines of one source, and a filled area of another. */
export function accentLayers(outlines: string, area: string): LayerSpecification[] {
  const { accent } = palette(matchMedia('(prefers-color-scheme: dark)').matches);
  return [
    {
      id: 'outlines',
      type: 'line',
      source: outlines,
      paint: { 'line-color': accent, 'line-width': 1.2, 'line-dasharray': [3, 2], 'line-opacity': 0.8 },
    },
    { id: 'area-fill', type: 'fill', source: area, paint: { 'fill-color': accent, 'fill-opacity': 0.18 } },
    { id: 'area-line', type: 'line', source: area, paint: { 'line-color': accent, 'line-width': 2.5 } },
  ];
}
