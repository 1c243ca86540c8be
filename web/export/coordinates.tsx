import { useEffect, useRef, useState } from 'preact/hooks';
import { texts } from '../texts.ts';
import { FieldErrors } from '../ui/states.tsx';
import { change, draft } from './draft.ts';
import { type Box, boundsOf, boxPolygon } from './geometry.ts';

const t = texts.area;
const SIDES = ['north', 'west', 'east', 'south'] as const;
type Sides = Record<(typeof SIDES)[number], string>;

/** A box by its sides: the way to an area without a pointer or a map. */
export function CoordinatesForm() {
  const { area } = draft.value;
  const shown = area?.kind === 'shape' ? sidesOf(boundsOf(area.geometry)) : EMPTY;
  const [sides, setSides] = useState<Sides>(shown);
  const [problem, setProblem] = useState<string | null>(null);
  const key = JSON.stringify(shown);
  const filledWith = useRef(key);
  useEffect(() => {
    // An area that came from elsewhere; what is being typed stays.
    if (filledWith.current === key) return;
    filledWith.current = key;
    setSides(shown);
    setProblem(null);
  }, [key]);
  function submit(event: Event): void {
    event.preventDefault();
    const box = readBox(sides);
    if (typeof box === 'string') setProblem(box);
    else {
      setProblem(null);
      change({ area: { kind: 'shape', geometry: boxPolygon(box) } });
    }
  }
  return (
    <form class="coordinates" onSubmit={submit} noValidate>
      <p class="hint">{t.coordinatesHint}</p>
      <div class="coordinates-grid">
        {SIDES.map((side) => (
          <label key={side} class={`field side-${side}`}>
            <span class="label">{t.sides[side]}</span>
            <input
              type="text"
              inputMode="decimal"
              autocomplete="off"
              value={sides[side]}
              aria-describedby="coordinates-errors"
              aria-invalid={problem !== null}
              onInput={(event) => setSides({ ...sides, [side]: event.currentTarget.value })}
            />
          </label>
        ))}
      </div>
      <FieldErrors id="coordinates-errors" sentences={problem === null ? [] : [problem]} />
      <button type="submit" class="button">
        {t.useBox}
      </button>
    </form>
  );
}

const EMPTY: Sides = { north: '', west: '', east: '', south: '' };

function sidesOf([west, south, east, north]: Box): Sides {
  const text = (value: number) => String(Math.round(value * 1e6) / 1e6);
  return { west: text(west), south: text(south), east: text(east), north: text(north) };
}

/** The box, or what is wrong with the four numbers. A decimal comma is a decimal point. */
function readBox(sides: Sides): Box | string {
  const [north, west, east, south] = SIDES.map((side) =>
    sides[side].trim() === '' ? Number.NaN : Number(sides[side].trim().replace(',', '.').replace('−', '-')),
  );
  if (north === undefined || west === undefined || east === undefined || south === undefined) return t.problems.numbers;
  if (![north, west, east, south].every(Number.isFinite)) return t.problems.numbers;
  if (Math.abs(north) > 90 || Math.abs(south) > 90 || Math.abs(west) > 360 || Math.abs(east) > 360) return t.problems['not-degrees'];
  if (south >= north) return t.problems.upsideDown;
  if (west === east) return t.problems.noWidth;
  // A box across the antimeridian has its west past its east.
  return [west, south, east < west ? east + 360 : east, north];
}
