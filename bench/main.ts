// Runs one benchmark and prints its figures.
// usage: npm run bench -- NAME
import { benchHttp } from './http.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = { http: benchHttp };

const name = process.argv[2] ?? '';
const bench = BENCHMARKS[name];
if (bench) await bench();
else {
  console.error(`Name a benchmark: npm run bench -- ${Object.keys(BENCHMARKS).join(' | ')}`);
  process.exitCode = 2;
}
