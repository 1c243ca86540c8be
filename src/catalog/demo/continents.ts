import { continents, countries, type TContinentCode } from 'countries-list';

/** A class of the demo's raster of continents. */
export interface Continent {
  /** The pixels' value. */
  value: number;
  code: TContinentCode;
  name: string;
  color: [red: number, green: number, blue: number];
}

const COLORS: Record<TContinentCode, Continent['color']> = {
  AF: [230, 171, 2],
  AN: [166, 206, 227],
  AS: [217, 95, 2],
  EU: [117, 112, 179],
  NA: [102, 166, 30],
  OC: [231, 41, 138],
  SA: [27, 158, 119],
};

/** In the order of their codes. */
export const CONTINENTS: readonly Continent[] = Object.entries(COLORS).map(([code, color], index) => ({
  value: index + 1,
  code: code as TContinentCode, // the record's keys are no more than these
  name: continents[code as TContinentCode],
  color,
}));

/** What the atlas writes otherwise than the list of countries, or as a place of its own. */
const OTHERWISE: Partial<Record<TContinentCode, string>> = {
  AF: 'S. Sudan|Somaliland|W. Sahara|Congo|Dem. Rep. Congo|Central African Rep.|Côte d’Ivoire|Eq. Guinea|São Tomé and Principe',
  AN: 'Fr. S. Antarctic Lands|Heard I. and McDonald Is.|S. Geo. and the Is.',
  AS: 'Timor-Leste|Turkey|Siachen Glacier|Baikonur|Br. Indian Ocean Ter.|Indian Ocean Ter.|Spratly Is.|Scarborough Reef',
  EU: 'Macedonia|Bosnia and Herz.|Åland|Faeroe Is.|Akrotiri|Dhekelia|N. Cyprus|Cyprus U.N. Buffer Zone',
  NA:
    'St-Martin|Dominican Rep.|USNB Guantanamo Bay|United States of America|Curaçao|Turks and Caicos Is.|St. Pierre and Miquelon|St. Vin. and Gren.|' +
    'Antigua and Barb.|St. Kitts and Nevis|U.S. Virgin Is.|St-Barthélemy|British Virgin Is.|Cayman Is.|Clipperton I.|Bajo Nuevo Bank|Serranilla Bank',
  OC:
    'Pitcairn Is.|Fr. Polynesia|Marshall Is.|U.S. Minor Outlying Is.|Cook Is.|Wallis and Futuna Is.|Solomon Is.|N. Mariana Is.|Coral Sea Is.|' +
    'Ashmore and Cartier Is.',
  SA: 'Falkland Is.',
};

const BY_NAME = new Map<string, string>([
  ...Object.values(countries).map(({ name, continent }): [string, string] => [name.toLowerCase(), continent]),
  ...Object.entries(OTHERWISE).flatMap(([code, names]) => names.split('|').map((name): [string, string] => [name.toLowerCase(), code])),
]);

/** The continent of a country of the atlas, by its name; undefined where nobody knows it. */
export function continentOf(country: string): Continent | undefined {
  const code = BY_NAME.get(country.toLowerCase().replaceAll("'", '’'));
  return CONTINENTS.find((continent) => continent.code === code);
}
