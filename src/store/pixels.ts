import type { DataType } from './rasterprofile.ts';

/** Pixels as numbers. */
export type Pixels = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** Bytes of a pixel of each type, and how a buffer is looked at as such pixels, in this machine's byte order. */
export const PIXELS: Readonly<Record<DataType, { bytes: number; view: (buffer: ArrayBuffer) => Pixels }>> = {
  Byte: { bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  Int8: { bytes: 1, view: (buffer) => new Int8Array(buffer) },
  UInt16: { bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  Int16: { bytes: 2, view: (buffer) => new Int16Array(buffer) },
  UInt32: { bytes: 4, view: (buffer) => new Uint32Array(buffer) },
  Int32: { bytes: 4, view: (buffer) => new Int32Array(buffer) },
  Float32: { bytes: 4, view: (buffer) => new Float32Array(buffer) },
  Float64: { bytes: 8, view: (buffer) => new Float64Array(buffer) },
};
