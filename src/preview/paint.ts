import type { RasterProfile } from '../store/rasterprofile.ts';
import { classColour, classesOf, rampColour, valueRange } from './colours.ts';

/** Pixels as GDAL warped them: the bands that hold data and then alpha, each row by row, with a margin of one pixel around. */
export interface Warped {
  bands: (Uint8Array | Float32Array)[];
  alpha: Uint8Array | Float32Array;
  /** Pixels of a side, margin included. */
  side: number;
}

/** How dark a slope gets that rises by the whole range of values over so many pixels. */
const STEEP = 40;

/** The picture of a tile, four bytes a pixel, without the margin. */
export function paint(profile: RasterProfile, warped: Warped): Uint8Array {
  const { alpha, side } = warped;
  const inner = side - 2;
  const out = new Uint8Array(4 * inner * inner);
  const colourAt = colouring(profile, warped);
  for (let y = 0; y < inner; y++)
    for (let x = 0; x < inner; x++) {
      const from = (y + 1) * side + x + 1;
      const opacity = alpha[from] ?? 0;
      if (opacity <= 0) continue;
      const to = 4 * (y * inner + x);
      out[to + 3] = opacity;
      colourAt(from, out, to);
    }
  return out;
}

type ColourAt = (from: number, out: Uint8Array, to: number) => void;

function colouring(profile: RasterProfile, warped: Warped): ColourAt {
  const [first = new Uint8Array()] = warped.bands;
  if (profile.kind === 'grid') return shadedRamp(profile, first, warped);
  if (profile.kind === 'rat' || profile.bands[0]?.palette) return classColours(profile, first);
  const scale = byteScale(profile);
  const pick = (interpretation: string, otherwise: number) => {
    const index = profile.bands.findIndex(({ color_interpretation: word }) => word === interpretation);
    return warped.bands[index >= 0 && index < warped.bands.length ? index : otherwise] ?? first;
  };
  const isColour = warped.bands.length >= 3;
  const [red, green, blue] = isColour ? [pick('Red', 0), pick('Green', 1), pick('Blue', 2)] : [first, first, first];
  return (from, out, to) => {
    out[to] = scale(red[from] ?? 0);
    out[to + 1] = scale(green[from] ?? 0);
    out[to + 2] = scale(blue[from] ?? 0);
  };
}

/** Bytes as they are; what has more is spread over what its values are. */
function byteScale(profile: RasterProfile): (value: number) => number {
  if (profile.bands[0]?.data_type === 'Byte') return (value) => value;
  const { from, to } = valueRange(profile);
  return (value) => Math.max(0, Math.min(255, ((value - from) / (to - from)) * 255));
}

function classColours(profile: RasterProfile, values: Uint8Array | Float32Array): ColourAt {
  const classes = classesOf(profile);
  return (from, out, to) => {
    const value = values[from] ?? 0;
    const known = classes.get(value);
    const colour = known?.colour ?? classColour(value);
    out[to] = colour[0];
    out[to + 1] = colour[1];
    out[to + 2] = colour[2];
    out[to + 3] = Math.min(out[to + 3] ?? 0, known?.alpha ?? 255);
  };
}

/** The ramp's colours, lit from the north-west. */
function shadedRamp(profile: RasterProfile, values: Uint8Array | Float32Array, { alpha, side }: Warped): ColourAt {
  const { from: low, to: high } = valueRange(profile);
  const range = high - low;
  const table = Array.from({ length: 256 }, (_, index) => rampColour(index / 255));
  return (from, out, to) => {
    const value = values[from] ?? 0;
    const at = (neighbour: number) => ((alpha[neighbour] ?? 0) > 0 ? (values[neighbour] ?? value) : value);
    const east = (STEEP * (at(from + 1) - at(from - 1))) / range / 2;
    const south = (STEEP * (at(from + side) - at(from - side))) / range / 2;
    // The cosine between the slope and a sun at 45° in the north-west; flat land keeps its colour.
    const light = (1 + (east + south) * Math.SQRT1_2) / Math.sqrt(1 + east * east + south * south);
    const shade = Math.max(0.45, Math.min(1.15, 0.4 + 0.6 * light));
    const colour = table[Math.max(0, Math.min(255, Math.round(((value - low) / range) * 255)))] ?? [0, 0, 0];
    out[to] = Math.min(255, colour[0] * shade);
    out[to + 1] = Math.min(255, colour[1] * shade);
    out[to + 2] = Math.min(255, colour[2] * shade);
  };
}
