/** An option of the request's `options` object, as the API page and OPTIONS describe it. */
export type OptionRule =
  | { name: string; label: string; type: 'choice'; choices: readonly string[]; default: string }
  | { name: string; label: string; type: 'boolean'; default: boolean }
  | { name: string; label: string; type: 'integer'; minimum: number; maximum: number; default: number };

/** All format options. Those of formats that none of the items asks for are checked, answered back, and have no effect. */
export const OPTION_RULES: readonly OptionRule[] = [
  { name: 'page_size', label: 'PDF: page size', type: 'choice', choices: ['a4', 'a3', 'letter'], default: 'a4' },
  { name: 'page_orientation', label: 'PDF: page orientation', type: 'choice', choices: ['landscape', 'portrait'], default: 'landscape' },
  { name: 'include_scale', label: 'PDF: scale bar', type: 'boolean', default: false },
  { name: 'include_scale_grid', label: 'PDF: scale grid', type: 'boolean', default: false },
  { name: 'include_lat_lon_grid', label: 'PDF: graticules', type: 'boolean', default: false },
  { name: 'include_legend', label: 'PDF: legend', type: 'boolean', default: false },
  { name: 'pdf_raster_dpi', label: 'PDF: raster DPI', type: 'integer', minimum: 72, maximum: 600, default: 72 },
  {
    name: 'raster_resolution_multiplier',
    label: 'Downsampling multiplier for raster formats',
    type: 'integer',
    minimum: 1,
    maximum: 16,
    default: 1,
  },
];

/** How much larger the pixels of rasters become. */
export function multiplierOf({ raster_resolution_multiplier: value }: Readonly<Record<string, unknown>>): number {
  return typeof value === 'number' ? value : 1;
}

/** What is wrong with an option's value, as a sentence; null when nothing is. */
export function checkOption(rule: OptionRule, value: unknown): string | null {
  switch (rule.type) {
    case 'choice':
      return typeof value === 'string' && rule.choices.includes(value) ? null : `Must be one of ${rule.choices.join(', ')}.`;
    case 'boolean':
      return typeof value === 'boolean' ? null : 'Must be true or false.';
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) && value >= rule.minimum && value <= rule.maximum
        ? null
        : `Must be a whole number from ${rule.minimum} to ${rule.maximum}.`;
  }
}
