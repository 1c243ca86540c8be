import { ATTRIBUTE_TYPES, ATTRIBUTE_USAGES, type BandProfile, type RasterAttributeTable } from './rasterprofile.ts';
import { xml } from './xml.ts';

// Parts of GDAL's virtual format (https://gdal.org/drivers/raster/vrt.html) that whoever writes it needs.

/** What a band says of its values, in its element. */
export function bandWords({ description, unit, scale, offset }: Pick<BandProfile, 'description' | 'unit' | 'scale' | 'offset'>): string {
  return [
    description === '' ? '' : `<Description>${xml(description)}</Description>`,
    unit === '' ? '' : `<UnitType>${xml(unit)}</UnitType>`,
    offset === null ? '' : `<Offset>${offset}</Offset>`,
    scale === null ? '' : `<Scale>${scale}</Scale>`,
  ].join('');
}

/** Nothing where there are no items. */
export function metadataXml(items: Readonly<Record<string, string>>): string {
  const all = Object.entries(items).map(([name, value]) => `<MDI key="${xml(name)}">${xml(value)}</MDI>`);
  return all.length > 0 ? `<Metadata>${all.join('')}</Metadata>` : '';
}

/** Bytes of the band have a sign, which GDAL before 3.7 has no type for. */
export const SIGNED = '<Metadata domain="IMAGE_STRUCTURE"><MDI key="PIXELTYPE">SIGNEDBYTE</MDI></Metadata>';

/** An attribute table as GDAL's own files have it. */
export function tableXml({ columns, rows, bins }: RasterAttributeTable): string {
  const fields = columns.map(({ name, type, usage }, index) => {
    const [typeCode, usageCode] = [ATTRIBUTE_TYPES.indexOf(type), ATTRIBUTE_USAGES.indexOf(usage)];
    return `<FieldDefn index="${index}"><Name>${xml(name)}</Name><Type>${typeCode}</Type><Usage>${usageCode}</Usage></FieldDefn>`;
  });
  const values = rows.map((row, index) => `<Row index="${index}">${row.map((value) => `<F>${xml(String(value))}</F>`).join('')}</Row>`);
  const binning = bins ? ` Row0Min="${bins.first}" BinSize="${bins.size}"` : '';
  return `<GDALRasterAttributeTable${binning}>${fields.join('')}${values.join('')}</GDALRasterAttributeTable>`;
}
