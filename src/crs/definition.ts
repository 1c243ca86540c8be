import { runGdal } from '../gdal/process.ts';
import { lookupCrs } from './epsg.ts';

/** A CRS with its definition, as a layer's profile has it. */
interface DefinedCrs {
  /** `EPSG:n` */
  id: string;
  name: string;
  /** WKT 2:2019. */
  wkt: string;
}

/** The forms that definitions come in; `gdalsrsinfo`'s words. */
type Form = 'wkt2_2019' | 'wkt2_2015' | 'wkt_esri' | 'wkt1' | 'projjson';

const texts = new Map<string, Promise<string>>();
const TEXTS_KEPT = 1000;

/**
 * A CRS's definition in another form.
 * @param crs `EPSG:n` or WKT.
 */
export function definitionText(crs: string, form: Form): Promise<string> {
  const key = `${form} ${crs}`;
  const known = texts.get(key);
  if (known) return known;
  if (texts.size >= TEXTS_KEPT) texts.clear();
  const line = form === 'projjson' ? [] : ['--single-line'];
  const text = runGdal('gdalsrsinfo', ['-o', form, ...line, crs]).then(({ stdout }) => stdout.trim());
  texts.set(key, text);
  text.catch(() => texts.delete(key));
  return text;
}

/** @param id `EPSG:n`, which is known to exist. */
export async function definitionOf(id: string): Promise<DefinedCrs> {
  return { id, name: lookupCrs(id)?.name ?? id, wkt: await definitionText(id, 'wkt2_2019') };
}
