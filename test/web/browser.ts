import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { TestSite } from '../fixtures/site.ts';

const root = join(import.meta.dirname, '../..');
const AXE = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** Maps are drawn by the processor where there is no graphics card. */
const ARGS = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
const LARGE_LETTERS = [...ARGS, '--blink-settings=defaultFontSize=32'];
const WITHOUT_WEBGL = ['--no-sandbox', '--disable-gpu', '--disable-3d-apis'];

export interface Look {
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
  locale?: string;
  timezone?: string;
  /** False: a browser without WebGL, as some machines and settings have it. */
  webgl?: boolean;
  /** As who reads badly sets it: letters twice as large in all pages. */
  largeLetters?: boolean;
  /** The colours are the system's, as with Windows' high contrast. */
  forcedColors?: boolean;
  /** For a site whose certificate nobody has signed. */
  ignoreHTTPSErrors?: boolean;
}

/** A page of the site in a real browser. Whatever the browser complains of fails the test, unless it was `expected`. */
export interface OpenPage {
  page: Page;
  context: BrowserContext;
  /** What the console says of this is no failure. */
  expect(pattern: RegExp): void;
  /** Ends it, and checks that nothing was complained of. */
  close(): Promise<void>;
}

const browsers = new Map<readonly string[], Promise<Browser>>();
after(async () => {
  for (const browser of browsers.values()) await (await browser).close();
});

function browserWith(args: string[]): Promise<Browser> {
  const browser = browsers.get(args) ?? launch(args);
  browsers.set(args, browser);
  return browser;
}

function launch(args: string[]): Promise<Browser> {
  if (!existsSync(join(root, 'web/dist/index.html'))) throw new Error('The page is not built. Run `node scripts/setup.mjs`.');
  const executablePath = PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) throw new Error('There is no Chromium here. Run `node scripts/setup.mjs --test`.');
  return chromium.launch({ executablePath, args });
}

/** Opens an address of a site; nobody is signed in. */
export async function openPage(site: Pick<TestSite, 'url'>, path = '/', look: Look = {}): Promise<OpenPage> {
  const opened = await open(site, look);
  await opened.page.goto(path);
  return opened;
}

async function open(site: Pick<TestSite, 'url'>, look: Look): Promise<OpenPage> {
  const browser = await browserWith(look.webgl === false ? WITHOUT_WEBGL : look.largeLetters ? LARGE_LETTERS : ARGS);
  const context = await browser.newContext({
    baseURL: site.url,
    ignoreHTTPSErrors: look.ignoreHTTPSErrors ?? false,
    viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
    // The processor draws the maps, which takes most of the time: in a quarter of the pixels.
    deviceScaleFactor: 0.5,
    colorScheme: look.scheme ?? 'light',
    reducedMotion: 'reduce',
    forcedColors: look.forcedColors ? 'active' : 'none',
    locale: look.locale ?? 'en-NZ',
    timezoneId: look.timezone ?? 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const expected: RegExp[] = [];
  // A breach of the Content-Security-Policy is an error of the console, too.
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  return {
    page,
    context,
    expect: (pattern) => expected.push(pattern),
    async close() {
      await context.close();
      assert.deepEqual(
        complaints.filter((complaint) => !DRIVER.test(complaint) && !expected.some((pattern) => pattern.test(complaint))),
        [],
      );
    },
  };
}

/** What drawing without a graphics card has Chromium say. */
const DRIVER = /GL Driver Message|GroupMarkerNotSet|software WebGL/;

/** Opens an address with somebody signed in: the one with the site's token, or with another. */
export async function openSignedIn(site: TestSite, path = '/', look: Look = {}, token = site.token): Promise<OpenPage> {
  const opened = await open(site, look);
  // As the sign-in form sends it; the cookie is the browser's from then on.
  const answer = await opened.context.request.post('/site/session/', { data: { token }, headers: { Origin: site.url } });
  assert.equal(answer.status(), 201, await answer.text());
  await opened.page.goto(path);
  await opened.page.locator('h1').first().waitFor();
  return opened;
}

/** Shows a page in a colour scheme, and waits until all of it is: a map that is being drawn holds frames up. */
export async function showScheme(page: Page, scheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.waitForFunction((wanted) => {
    const [red = 0] = /\d+/.exec(getComputedStyle(document.body).backgroundColor) ?? [];
    const isDark = Number(red) < 128;
    return isDark === (wanted === 'dark') && document.getAnimations().every(({ playState }) => playState === 'finished');
  }, scheme);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/**
 * Checks what is shown against WCAG 2.2 A and AA and the best practices that axe knows.
 * Bars that stay in the window take their own places for it: what they half cover, wherever the page happens to be scrolled to,
 * is no target that is too small.
 */
export async function checkAccessible(page: Page, what: string, rules: 'all' | 'colours' | 'others' = 'all'): Promise<void> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // The script has made it a global.
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const ofColours = ['color-contrast', 'link-in-text-block'];
    const others = Object.fromEntries(ofColours.map((rule) => [rule, { enabled: rules === 'all' }]));
    const bars = [...document.querySelectorAll<HTMLElement>('.header, .start-bar, .crate-bar')];
    for (const bar of bars) Object.assign(bar.style, { position: 'relative', inset: 'auto' });
    const result = await axe.run(document, rules === 'colours' ? { runOnly: ofColours } : { runOnly: tags, rules: others });
    for (const bar of bars) Object.assign(bar.style, { position: '', inset: '' });
    return result.violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => node.html.slice(0, 200)).join('\n')}`);
  }, rules);
  assert.deepEqual(violations, [], what);
}

/** Checks that nothing is wider than the window. */
export async function checkFits(page: Page, what: string): Promise<void> {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok((content ?? 0) <= (window ?? 0), `${what} is ${content} wide in a window of ${window}`);
}
