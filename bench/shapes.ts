/** A polygon of GeoJSON. */
interface Polygon {
  type: 'Polygon';
  coordinates: number[][][];
}

/** A round area of so many vertices, in degrees; with a hole of a part of its size, where one is given. */
export function circle(lon: number, lat: number, width: number, height: number, vertices: number, hole?: number): Polygon {
  const ring = (scale: number) =>
    Array.from({ length: vertices + 1 }, (_, k) => {
      const angle = (2 * Math.PI * (k % vertices)) / vertices;
      return [lon + scale * width * Math.cos(angle), lat + scale * height * Math.sin(angle)];
    });
  return { type: 'Polygon', coordinates: hole === undefined ? [ring(1)] : [ring(1), ring(hole)] };
}

/** A strip from one place to another, in degrees, `thickness` from its south to its north. */
export function strip([west, from]: readonly [number, number], [east, to]: readonly [number, number], thickness: number): Polygon {
  const ring = [
    [west, from],
    [east, to],
    [east, to + thickness],
    [west, from + thickness],
    [west, from],
  ];
  return { type: 'Polygon', coordinates: [ring] };
}
