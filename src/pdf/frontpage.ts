import type { Canvas } from './canvas.ts';
import { type Colour, FAINT_INK, INK } from './colours.ts';
import { heightFor } from './flow.ts';
import { drawBlocks, drawLines } from './furniture.ts';
import { drawGraticule, drawGraticuleLabels } from './graticulepage.ts';
import { sizesFor } from './layout.ts';
import type { Block } from './legend.ts';
import type { MapDocument } from './mapdocument.ts';
import { drawScaleBar } from './scalebar.ts';
import { drawScaleGrid } from './scalegrid.ts';
import { LEADING } from './text.ts';

/** A layer as the page draws it: the name of its group in the page's resources, and its operators. */
export interface DrawnLayer {
  group: string;
  operators: string;
}

/**
 * Draws the map's page.
 * @param layers the first on top.
 * @param lineGroup the group that the graticule belongs to; null where there is none.
 * @returns how many blocks of the legend had room.
 */
export function drawFront(
  canvas: Canvas,
  {
    options,
    layout,
    fitted,
    crs,
    isTurned,
    typesetter,
    graticule,
    paper,
  }: Pick<MapDocument, 'options' | 'layout' | 'fitted' | 'crs' | 'isTurned' | 'typesetter' | 'graticule'> & { paper: Colour },
  layers: readonly DrawnLayer[],
  lineGroup: string | null,
  blocks: readonly Block[],
): number {
  const sizes = sizesFor(options.page);
  const { frame } = fitted.view;
  canvas.group(() => {
    canvas.fill(frame, paper);
    canvas.clip(frame);
    for (const { group, operators } of layers.toReversed()) canvas.layer(group, () => canvas.raw(operators));
    if (lineGroup !== null) canvas.layer(lineGroup, () => drawGraticule(canvas, graticule, typesetter, sizes.label, frame));
  });
  canvas.stroke(frame, INK, 0.8);
  const gridBand = options.scaleGrid ? sizes.band : 0;
  if (options.scaleGrid) drawScaleGrid(canvas, fitted.view, crs, isTurned, typesetter, sizes.label, gridBand);
  if (options.graticule) drawGraticuleLabels(canvas, graticule, frame, typesetter, sizes.label, gridBand, sizes.band);
  drawLines(canvas, layout.title.lines, layout.title.box, INK);
  if (layout.scaleBar) drawScaleBar(canvas, layout.scaleBar, fitted.denominator, typesetter, sizes);
  drawLines(canvas, layout.notes.lines, layout.notes.box, FAINT_INK);
  if (!layout.legend) return blocks.length;
  const { box } = layout.legend;
  const inset = gridBand + (options.graticule ? sizes.band : 0);
  // Below the map it follows it, which may be lower than its room; beside it both begin at one height, where it has room enough there.
  const beside = frame.y + frame.height + inset;
  const needed = heightFor(blocks, 1) + sizes.heading.size * LEADING + sizes.gap;
  const top = layout.legend.isBelow ? frame.y - inset - sizes.gap : needed <= beside - box.y ? beside : box.y + box.height;
  return drawBlocks(canvas, blocks, { ...layout.legend, box: { ...box, height: top - box.y } }, 'Legend', typesetter, sizes);
}
