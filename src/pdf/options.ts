/** How a map is laid out: the options of a request that are about PDF, each with its default where it was not given. */
export interface MapOptions {
  /** Width and height of the page, in points. */
  page: readonly [number, number];
  scale: boolean;
  scaleGrid: boolean;
  graticule: boolean;
  legend: boolean;
  dpi: number;
}

/** Points of a sheet, the longer side first: ISO 216, and ANSI A. */
const SHEETS = { a4: [841.89, 595.276], a3: [1190.551, 841.89], letter: [792, 612] } as const;

/** @param options of a request that was found to be valid. */
export function mapOptions(options: Readonly<Record<string, unknown>>): MapOptions {
  const size = options.page_size === 'a3' || options.page_size === 'letter' ? options.page_size : 'a4';
  const [long, short] = SHEETS[size];
  const { pdf_raster_dpi: dpi } = options;
  return {
    page: options.page_orientation === 'portrait' ? [short, long] : [long, short],
    scale: options.include_scale === true,
    scaleGrid: options.include_scale_grid === true,
    graticule: options.include_lat_lon_grid === true,
    legend: options.include_legend === true,
    dpi: typeof dpi === 'number' ? dpi : 72,
  };
}
