// Runs a benchmark by its name.
// usage: node bench/main.ts NAME  (or: npm run bench -- NAME)
const BENCHMARKS: Record<string, () => Promise<{ run: (args: readonly string[]) => Promise<void> }>> = {
  estimates: () => import('./estimates.ts'),
  http: () => import('./http.ts'),
  linear: () => import('./linear.ts'),
  load: () => import('./load.ts'),
  maps: () => import('./maps.ts'),
  raster: () => import('./raster.ts'),
  scale: () => import('./scale.ts'),
  split: () => import('./split.ts'),
  vector: () => import('./vector.ts'),
};

const load = BENCHMARKS[process.argv[2] ?? ''];
if (!load) {
  process.stderr.write(`usage: npm run bench -- NAME, where NAME is one of: ${Object.keys(BENCHMARKS).join(', ')}\n`);
  process.exit(2);
}
await (await load()).run(process.argv.slice(3));
