import { defineConfig } from 'vite';

/** A server that answers the API while the page is worked on with `vite web`. */
const server = process.env.GEOCRATE_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The document names its files from the root, or from where the server says that the site stands; files name each other from where they are.
  experimental: { renderBuiltUrl: (_file, { hostType }) => (hostType === 'html' ? undefined : { relative: true }) },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Data addresses are not allowed by the page's Content-Security-Policy for scripts, and need no rule of their own for images.
    assetsInlineLimit: 0,
    // A polyfill would be an inline script.
    modulePreload: { polyfill: false },
    // The map library is one large file that is loaded when a map is first shown.
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
  server: { proxy: { '/services': server, '/site': server, '/docs': server, '/downloads': server } },
});
