import { horizontalCrs } from '../crs/wkt.ts';
import type { ProfileCrs } from '../store/profile.ts';
import type { Canvas } from './canvas.ts';
import { INK, WHITE } from './colours.ts';
import { EdgeLabels } from './edgelabels.ts';
import { decimalsOf, grouped, multiples, roundStep } from './steps.ts';
import type { TextStyle, Typesetter } from './text.ts';
import { type MapView, pageX, pageY } from './view.ts';

/** The least that two grid lines are apart, in points. */
const APART = 62;
/** Half of a cross where two lines meet, and a tick at the frame. */
const CROSS = 3;
const TICK = 5;

/**
 * Draws the map's own coordinates: crosses at round ones in the map, ticks and numbers around it.
 * @param isTurned whether they are the CRS's with their signs changed.
 */
export function drawScaleGrid(
  canvas: Canvas,
  view: MapView,
  crs: ProfileCrs,
  isTurned: boolean,
  typesetter: Typesetter,
  style: TextStyle,
  band: number,
): void {
  const { frame, bounds, scale } = view;
  const step = roundStep(APART / scale);
  const decimals = decimalsOf(step);
  const xs = across(step, view);
  const ys = multiples(step, bounds[1], bounds[3]);
  const unit = unitOf(crs);
  const axes = isTurned ? ['west', 'south'] : horizontalCrs(crs.wkt).axes;
  const [eastward = '', northward = ''] = axes.map((axis) => ` ${axis.charAt(0).toUpperCase()}`);
  const [top, right] = [frame.y + frame.height, frame.x + frame.width];
  const lines: [number, number][][] = [];
  const labels = new EdgeLabels(frame);
  const label = (value: number, axis: string) =>
    typesetter.line(`${grouped(isTurned ? 0 - value : value, decimals)}${unit === '°' ? unit : `${unit}${axis}`}`, style);
  for (const { x, told } of xs) {
    const at = pageX(view, x);
    lines.push(
      [
        [at, frame.y],
        [at, frame.y + TICK],
      ],
      [
        [at, top],
        [at, top - TICK],
      ],
    );
    for (const side of ['top', 'bottom'] as const) labels.add(label(told, eastward), side, at, 0);
  }
  for (const y of ys) {
    const at = pageY(view, y);
    lines.push(
      [
        [frame.x, at],
        [frame.x + TICK, at],
      ],
      [
        [right, at],
        [right - TICK, at],
      ],
    );
    for (const side of ['left', 'right'] as const) labels.add(label(y, northward), side, at, 0);
    for (const { x } of xs) {
      const column = pageX(view, x);
      lines.push(
        [
          [column - CROSS, at],
          [column + CROSS, at],
        ],
        [
          [column, at - CROSS],
          [column, at + CROSS],
        ],
      );
    }
  }
  canvas.group(() => {
    canvas.clip(frame);
    // On dark imagery too.
    canvas.lines(lines, WHITE, 1.4);
    canvas.lines(lines, INK, 0.5);
  });
  labels.draw(canvas, 0, band, INK);
  canvas.stroke({ x: frame.x - band, y: frame.y - band, width: frame.width + 2 * band, height: frame.height + 2 * band }, INK, 0.4);
}

/**
 * Round coordinates from left to right; past the end of a turn they are those of the next one, which is what they are told as. Where all is shown, and
 * a little of it twice, each is told once.
 */
function across(step: number, { bounds, period }: MapView): { x: number; told: number }[] {
  if (period === null) return multiples(step, bounds[0], bounds[2]).map((x) => ({ x, told: x }));
  const half = period / 2;
  const middle = (bounds[0] + bounds[2]) / 2;
  const [west, east] = [Math.max(bounds[0], middle - half), Math.min(bounds[2], middle + half)];
  const turns = multiples(1, Math.round(west / period) - 1, Math.round(east / period) + 1);
  return turns.flatMap((turn) =>
    multiples(step, Math.max(west - turn * period, -half), Math.min(east - turn * period, half))
      .filter((told) => told > -half || turn === 0)
      .map((told) => ({ x: told + turn * period, told })),
  );
}

/** What stands behind a coordinate. */
function unitOf({ wkt }: ProfileCrs): string {
  const { geographic, turn, metresPerUnit } = horizontalCrs(wkt);
  if (geographic) return turn === 360 ? '°' : '';
  if (metresPerUnit === 1) return '\u2009m';
  if (metresPerUnit === 1000) return '\u2009km';
  return Math.abs(metresPerUnit - 0.3048) < 1e-5 ? '\u2009ft' : '';
}
