import type { MapExtent } from './extent.ts';
import { type Fitted, fit } from './fit.ts';
import { heightFor } from './flow.ts';
import { heightOf, layoutPage, type PageLayout, sizesFor } from './layout.ts';
import type { Block } from './legend.ts';
import type { Note } from './notes.ts';
import type { MapOptions } from './options.ts';
import type { Typesetter } from './text.ts';

/** Where all of a page is, and what the map shows in its frame. */
export interface Arrangement {
  layout: PageLayout;
  fitted: Fitted;
}

/**
 * Arranges a page: the legend stands beside the map or below it, where it leaves the map larger, or more of its surroundings at the same scale.
 * @param blocks of the legend, as high as they will be.
 * @param metres on the ground of one unit of the CRS.
 */
export function arrange(
  typesetter: Typesetter,
  options: MapOptions,
  { title, notes, blocks }: { title: string; notes: readonly Note[]; blocks: readonly Block[] },
  extent: Pick<MapExtent, 'bounds' | 'period' | 'domain'>,
  metres: number,
): Arrangement {
  const sizes = sizesFor(options.page);
  const heading = heightOf([typesetter.line('Legend', sizes.heading)]) + sizes.gap;
  const arrangements = (options.legend ? [false, true] : [false]).map((legendBelow) => {
    const layout = layoutPage(typesetter, options, legendBelow, title, notes, (columns) => heightFor(blocks, columns) + heading);
    const { map, inset } = layout;
    const room = { x: map.x + inset, y: map.y + inset, width: map.width - 2 * inset, height: map.height - 2 * inset };
    return { layout, fitted: fit(extent, room, metres, layout.legend?.isBelow === true) };
  });
  return arrangements.reduce((best, one) => (isLarger(one.fitted, best.fitted) ? one : best));
}

function isLarger({ view: one }: Fitted, { view: other }: Fitted): boolean {
  const area = ({ frame }: Fitted['view']) => frame.width * frame.height;
  return Math.abs(one.scale / other.scale - 1) < 0.01 ? area(one) > area(other) : one.scale > other.scale;
}
